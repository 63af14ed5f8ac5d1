"""The program's own log: what happened, never to whom. No address, no path, no name."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import structlog

from web.settings import Settings


def configure(settings: Settings) -> None:
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    final: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where,
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # the access log of the server has addresses and paths: ours has neither
    logging.getLogger("uvicorn.access").disabled = True


def _where(_logger: Any, _method: str, event: Any) -> Any:
    """The error's kind and the lines it passed, not its words: those may quote a person's data."""
    if event.pop("exc_info", None):
        kind, _error, trace = sys.exc_info()
        event["error"] = kind.__name__ if kind else "?"
        event["trace"] = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(trace)[-12:]
        ]
    return event
