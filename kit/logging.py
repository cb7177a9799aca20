"""One processor list for our lines and everybody else's; personal data is cut out before it is written."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import orjson
import structlog

_WORDS: Final = ("text", "title", "address", "name", "phone", "requester", "accused", "identity")
_SECRETS: Final = ("body", "token", "authorization", "password", "seed", "key", "secret")
_PRIVATE_KEYS: Final = frozenset((*_WORDS, *_SECRETS))
_PHONE: Final = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
REDACTED: Final = "[redacted]"
LONGEST: Final = 1_000
"""Characters of one value that are written: whoever sends more says nothing more by it."""
SHORTEST_PHONE: Final = 11
FRAMES: Final = 12


def redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace residents' words and secrets by key, phones and identity numbers by shape."""
    for key, value in line.items():
        if key in _PRIVATE_KEYS:
            line[key] = REDACTED
        elif isinstance(value, str):
            if len(value) >= SHORTEST_PHONE:
                line[key] = _cut(value)
        elif isinstance(value, dict | list | tuple):
            line[key] = _without(value)
    return line


def _cut(text: str) -> str:
    text = _IDENTITY.sub(REDACTED, _PHONE.sub(REDACTED, text))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, dict):
        return {
            key: REDACTED if key in _PRIVATE_KEYS else _without(item) for key, item in value.items()
        }
    return [_without(item) for item in value] if isinstance(value, list | tuple) else value


def failure(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn `exc_info` into types and places; messages and values may hold residents' words."""
    info = line.pop("exc_info", None)
    if not info:
        return line
    error = info if isinstance(info, BaseException) else sys.exc_info()[1]
    if isinstance(info, tuple):
        error = info[1]
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        line["error"] = type(error).__name__
        line["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        if error.__cause__ is not None:
            line["because"] = type(error.__cause__).__name__
    return line


def _line(_: Any, __: str, line: MutableMapping[str, Any]) -> bytes:
    return orjson.dumps(line, default=repr)


def _text(_: Any, __: str, line: MutableMapping[str, Any]) -> str:
    return orjson.dumps(line, default=repr).decode()


def configure(service: str, *, level: str = "INFO", form: str = "json") -> None:
    """Set up structlog and the standard library's logging; lines go to standard output.

    Our own lines are written as bytes at once; the standard library's records, which only other people's
    code makes, pass the same processors on their way.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        failure,
        redact,
    ]
    as_json = form == "json"
    console = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, _line if as_json else console],
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer)
        if as_json
        else structlog.PrintLoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _text if as_json else console,
            ],
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
    return structlog.get_logger(module=name)
