"""One processor list for our lines and everybody else's; personal data is cut out before it is written."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import orjson
import structlog

_PRIVATE_KEYS: Final = frozenset(
    {
        "text", "title", "address", "name", "phone", "requester", "accused", "body", "identity",
        "token", "authorization", "password", "seed", "key", "secret",
    }  # fmt: skip
)
_PHONE: Final = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
REDACTED: Final = "[redacted]"


def redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace residents' words and secrets by key, phones and identity numbers by shape."""
    for key, value in line.items():
        if key in _PRIVATE_KEYS:
            line[key] = REDACTED
        elif isinstance(value, str) and len(value) >= 11:  # noqa: PLR2004 - shortest phone
            line[key] = _IDENTITY.sub(REDACTED, _PHONE.sub(REDACTED, value))
    return line


def _render(_: Any, __: str, line: MutableMapping[str, Any]) -> str:
    return orjson.dumps(line, default=repr).decode()


def configure(service: str, *, level: str = "INFO", form: str = "json") -> None:
    """Set up structlog and the standard library's logging; lines go to standard output."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = _render if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn.access", "httpx", "httpcore", "faststream"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def get(name: str) -> Any:
    """A bound logger; events are snake_case facts, facts are fields."""
    return structlog.stdlib.get_logger(name)
