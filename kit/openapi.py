"""What the OpenAPI document says beside what FastAPI reads off the routes.

Bodies are read past FastAPI (kit.http.read_body), failures become problem documents in one place, and both
are the same for every route: so they are described in one place, too. What only one route does, it says
itself, by `takes`, `gives` and `refuses`; tests/fuzz/test_schemas.py holds the running services to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Generic, Literal, TypeVar

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from kit.auth import guarded_roles

PROBLEM: Final = "application/problem+json"
JSON: Final = "application/json"
LON_LAT: Final = r"^[0-9]{2,3}(\.[0-9]{1,9})?,[0-9]{1,2}(\.[0-9]{1,9})?$"
"""A point in an address."""
_REF: Final = "#/components/schemas/"
_TOKEN: Final = "token"  # noqa: S105 - the name of a way to sign in

WORDS: Final[Mapping[int, str]] = {
    304: "还是同一份 / The same as before",
    400: "请求写法有误 / Malformed",
    401: "未登录或登录已过期 / Not signed in",
    403: "无权进行 / Not for this role or person",
    404: "没有，或不便告知 / There is none, or none to be known of",
    408: "发送过慢 / Too slow",
    409: "与现状不符 / Not as things stand",
    410: "已销毁 / Destroyed",
    412: "已有变化 / Changed in the meantime",
    413: "过大 / Too large",
    414: "地址过长 / The address is too long",
    415: "类型不支持 / Another media type is needed",
    422: "内容不合格，逐项指明 / Wrong fields, each named",
    429: "过于频繁，稍后再试 / Too often; Retry-After says when",
    431: "请求头过大 / Too many or too large headers",
    503: "暂时繁忙，稍后重试 / Busy; try again",
}
"""What each status means in this product (product.md section 8)."""
_ALWAYS: Final = (400, 408, 414, 431, 503)
_SIGNED_IN: Final = (401, 403, 429)
_WITH_BODY: Final = (413, 415, 422)
_MALFORMED_FROM: Final = 400

_FINDING: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["field", "zh", "en"],
    "properties": {name: {"type": "string"} for name in ("field", "zh", "en")},
}
_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. 说明用语随 Accept-Language / `detail` in the language asked for.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^https://chuishao[.]cn/problems/[a-z-]+$"},
        "title": {"type": "string", "description": "The last word of `type`."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "Which field or header is to be mended."},
        "errors": {"type": "array", "items": _FINDING},
    },
}


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None
    """The `cursor` of the page that follows; null on the last one."""


class Documented(FastAPI):
    """An application whose document is complete."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            complete(super().openapi(), self.routes)
        assert self.openapi_schema is not None  # noqa: S101 - made by FastAPI just now
        return self.openapi_schema


def takes(
    model: type[BaseModel],
    *kinds: str,
    key: Literal["required", "optional"] | None = None,
    headers: Iterable[str] = (),
) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body by hand: as JSON, or in the media types `kinds`.

    `key` says whether it heeds an Idempotency-Key; `headers` are further ones it reads by hand.
    """
    schema = model.model_json_schema(ref_template=_REF + "{model}")
    needed = any(field.is_required() for field in model.model_fields.values())
    content = {kind: {"schema": schema} for kind in kinds or (JSON,)}
    extra: dict[str, Any] = {"requestBody": {"required": needed, "content": content}}
    named = [_header(name) for name in headers]
    if key is not None:
        text = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
        named.append(_header("Idempotency-Key", text, required=key == "required"))
    return extra | ({"parameters": named} if named else {})


def in_address(model: type[BaseModel], **written: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads a model from its address; `written`: as text of such a pattern."""
    schema = model.model_json_schema(ref_template=_REF + "{model}")
    needed = schema.get("required", ())
    parameters = []
    for name, said in schema["properties"].items():
        plain = {"type": "string", "pattern": written[name]} if name in written else _given(said)
        if name not in written and "$defs" in schema:
            plain["$defs"] = schema["$defs"]
        one = {"name": name, "in": "query", "required": name in needed, "schema": plain}
        parameters.append(
            one | ({"description": text} if (text := said.get("description")) else {})
        )
    return {"parameters": parameters}


def gives(
    *kinds: str, schema: Mapping[str, Any] | None = None, model: type[BaseModel] | None = None
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers in these media types; text and bytes unless `schema` says more.

    With `model` also as JSON of that shape.
    """
    said = {"schema": dict(schema or {"type": "string"})}
    answer: dict[str, Any] = {"content": dict.fromkeys(kinds, said)}
    return {200: answer if model is None else answer | {"model": model}}


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may also be answered so."""
    return {status: {"description": WORDS[status]} for status in statuses}


def complete(document: dict[str, Any], routes: Iterable[object]) -> None:
    """Add to FastAPI's document who may ask and every refusal, and lift nested schemas to where they are found.

    Raises ValueError where two models of one service have the same name.
    """
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    parts["securitySchemes"] = {_TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                _complete_one(operation, route)
    for name, schema in list(_nested(document["paths"])):
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas called {name}")
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = _PROBLEM_SCHEMA


def _complete_one(operation: dict[str, Any], route: APIRoute) -> None:
    roles = guarded_roles(route)
    if roles:
        operation["security"] = [{_TOKEN: []}]
        operation["x-roles"] = sorted(roles)
    answers = operation["responses"]
    for status in sorted(_refusals(operation, guarded=bool(roles))):
        answers.setdefault(str(status), {})
    for status, answer in answers.items():
        if not status.isdecimal() or int(status) < _MALFORMED_FROM:
            continue
        content = answer.setdefault("content", {})
        if status == "422":
            answer["description"] = WORDS[422]
            if "HTTPValidationError" in str(content):
                content.clear()
        answer.setdefault("description", WORDS[int(status)])
        content[PROBLEM] = {"schema": {"$ref": f"{_REF}Problem"}}


def _refusals(operation: Mapping[str, Any], *, guarded: bool) -> set[int]:
    parameters = operation.get("parameters", ())
    found = set(_ALWAYS)
    if guarded:
        found.update(_SIGNED_IN)
    if parameters:
        found.add(422)
    if any(one["in"] == "path" for one in parameters):
        found.add(404)
    if any(one["name"] == "If-Match" for one in parameters):
        found.add(412)
    if "requestBody" in operation:
        found.update(_WITH_BODY)
    return found


def _nested(part: Any) -> Iterator[tuple[str, Any]]:
    """Take every `$defs` out of a part of the document."""
    if isinstance(part, dict):
        yield from part.pop("$defs", {}).items()
        for inner in part.values():
            yield from _nested(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _nested(inner)


def _given(said: Mapping[str, Any]) -> dict[str, Any]:
    """A field's schema without null: in an address what is not given is left out."""
    kinds = [one for one in said.get("anyOf", (said,)) if one.get("type") != "null"]
    chosen = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {key: value for key, value in chosen.items() if key not in {"default", "description"}}


def _header(
    name: str, schema: Mapping[str, Any] | None = None, *, required: bool = False
) -> dict[str, Any]:
    said = dict(schema or {"type": "string", "maxLength": 200})
    return {"name": name, "in": "header", "required": required, "schema": said}
