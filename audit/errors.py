"""Errors that people may see. They know nothing of HTTP; web/http/errors.py maps them to a page."""

from __future__ import annotations


class DomainError(Exception):
    """Something a person asked for and cannot have, in words.

    `message` is an English gettext id with `%(name)s` places, `params` fills it;
    `field` names the input that was wrong, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None, **params: object) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.field = field
        self.params = params


class NotFound(DomainError):  # noqa: N818 - the class of the answer, not of a fault
    """There is no such thing, or not for this person."""


class Forbidden(DomainError):  # noqa: N818 - the class of the answer, not of a fault
    """The person's role does not allow it."""


class Conflict(DomainError):  # noqa: N818 - the class of the answer, not of a fault
    """The state does not allow it, or another request was first."""


class Invalid(DomainError):  # noqa: N818 - the class of the answer, not of a fault
    """The input is wrong; `field` names where."""


class TooLate(Conflict):
    """The time for this has passed."""


class LogError(Exception):
    """The log, or something that was shown as a part of it, is not what it must be.

    For operators, auditors and programs; `index` is the first bad entry, where one can be named.
    """

    def __init__(self, message: str, *, index: int | None = None) -> None:
        super().__init__(message if index is None else f"entry {index}: {message}")
        self.index = index


class MissingExtraError(Exception):
    """A part of the program is not installed on this machine. No verdict about anything."""

    def __init__(self, who: str, extra: str, module: str | None) -> None:
        super().__init__(
            f"{who} needs the extra '{extra}' (there is no module {module}). Install it:\n"
            f"    pip install 'mandate-elections[{extra}]'"
        )
