"""SQL for what is asked at every request: watched, and given to the driver as it is written.

SQLAlchemy's way to the driver costs several times what the statement itself does, which matters
where thousands vote at once. What is lost is its typing: values are text, whole numbers and bytes,
dates are text of ISO 8601, and SQLite answers 0 or 1 where PostgreSQL answers false or true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from audit import changes

_NAME = re.compile(r"(?<!:):([a-z]\w*)")
_SQLITE = "sqlite"


class Statement:
    """SQL for both databases; its values are named `:name`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pyformat = _NAME.sub(r"%(\1)s", text.replace("%", "%%"))

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """-> the driver's cursor (PEP 249). Raises UnloggedChangeError, or SQLAlchemy's errors."""
        changes.look(connection, self.text)
        sqlite = connection.dialect.name == _SQLITE
        with _translated(connection, self.text):
            cursor = connection.connection.cursor()
            cursor.execute(self.text if sqlite else self._pyformat, values)
        return cursor


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Statements of the block need one way to the server and back, not one each (PostgreSQL).

    They run in their order, each sees what was committed when it begins. What they answer can be
    read after the block, which raises what one of them raised.
    """
    if connection.dialect.name == _SQLITE:
        yield
        return
    driver: Any = connection.connection.driver_connection
    with _translated(connection, "statements sent together"), driver.pipeline():
        yield


class _translated:  # noqa: N801 - a context manager; a class, because it stands around every statement
    def __init__(self, connection: Connection, text: str) -> None:
        self.connection = connection
        self.text = text

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or not isinstance(error, self.connection.dialect.loaded_dbapi.Error):
            return
        connection = self.connection
        driver: Any = connection.connection.dbapi_connection
        lost = connection.dialect.is_disconnect(error, driver, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            self.text,
            None,
            error,
            connection.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
