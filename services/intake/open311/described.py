"""What the OpenAPI document says of the partners' door: GeoReport v2 in either format."""

from __future__ import annotations

from typing import Any, Final

from kit.openapi import JSON, WORDS, takes
from services.intake.open311.submission import FORM, Submission, Update

_ERROR: Final = {
    "type": "object",
    "required": ["code", "description"],
    "properties": {"code": {"type": "integer"}, "description": {"type": "string"}},
}
_SHAPES: Final[dict[str, Any]] = {
    JSON: {"schema": {"type": ["array", "object"]}},
    "text/xml": {},
}
_REFUSED: Final = _SHAPES | {JSON: {"schema": {"type": "array", "items": _ERROR}}}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _SHAPES},
    **{
        status: {"description": WORDS[status], "content": _REFUSED}
        for status in (400, 403, 404, 413, 429, 503)
    },
}
"""What is refused before the door itself is a problem document."""


def in_query(*names: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads these from its address."""
    schema = {"type": "string"}
    return {"parameters": [{"name": name, "in": "query", "schema": schema} for name in names]}


def sent(model: type[Submission | Update]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes a form or JSON; the api_key may stand in the address."""
    extra = takes(model, FORM, JSON, key="optional" if model is Submission else None)
    named = in_query("api_key", "jurisdiction_id")["parameters"]
    return extra | {"parameters": [*extra.get("parameters", ()), *named]}
