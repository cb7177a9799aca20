"""Answers as GeoReport v2 documents: XML, and JSON by the Spark convention. Pure.

In JSON a list is an array without its name; in XML every list and every item has one. Nothing is ever
markup: text is escaped, and what XML cannot hold at all becomes U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias
from xml.sax.saxutils import escape

import orjson

from kit.errors import DomainError, Kind

Fields: TypeAlias = Mapping[str, Any]
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_ITEMS: Final = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""A list's name to its items'."""


class Format(StrEnum):
    """What the end of an address asks for."""

    JSON = "json"
    XML = "xml"

    @classmethod
    def of(cls, suffix: str) -> Format:
        """Raises DomainError 404 for any other end."""
        try:
            return cls(suffix)
        except ValueError:
            raise DomainError(
                "not-found",
                Kind.NOT_FOUND,
                zh="没有这种格式；地址以 .json 或 .xml 结尾。",
                en="No such format; end the address with .json or .xml.",
            ) from None

    @property
    def media_type(self) -> str:
        """As GeoReport v2 prescribes it."""
        return f"{'text/xml' if self is Format.XML else 'application/json'}; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Document:
    """An answer: the name of its root, and a list of records or one record."""

    root: str
    body: Sequence[Fields] | Fields

    def render(self, form: Format) -> bytes:
        """The answer as it is sent, UTF-8."""
        if form is Format.JSON:
            return orjson.dumps(self.body)
        return (_HEAD + _element(self.root, self.body)).encode()


def failure(error: DomainError, lang: str) -> Document:
    """Every finding of a refusal as GeoReport v2 lists errors."""
    words = "en" if lang == "en" else "zh"
    code = status_of(error)
    findings = error.extra.get("errors")
    told = (
        [f"{one['field']}: {one[words]}" for one in findings]
        if findings
        else [error.en if lang == "en" else error.zh]
    )
    return Document("errors", [{"code": code, "description": one} for one in told])


def status_of(error: DomainError) -> int:
    """The status GeoReport v2 has for it: 403 for keys, 404 for what is not there, 400 for the rest.

    What passes by itself and what is too large keep their own, which clients and proxies know.
    """
    if error.kind in {Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.TOO_LARGE, Kind.TOO_MANY}:
        return int(error.kind)
    return int(error.kind) if error.kind >= Kind.INTERNAL else int(Kind.MALFORMED)


def _element(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return f"<{name}/>"
    if isinstance(value, Mapping):
        inside = "".join(_element(key, one) for key, one in value.items())
    elif isinstance(value, list | tuple):
        inside = "".join(_element(_ITEMS[name], one) for one in value)
    else:
        inside = _text(value)
    return f"<{name}>{inside}</{name}>"


def _text(value: object) -> str:
    said = ("true" if value else "false") if isinstance(value, bool) else str(value)
    # A bare carriage return would be read as a line feed.
    return escape(_NOT_XML.sub("\ufffd", said), {"\r": "&#13;"})
