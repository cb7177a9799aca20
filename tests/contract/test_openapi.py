"""The OpenAPI documents say all that a client can meet: who may ask, every body, every refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from kit.openapi import PROBLEM, complete, takes
from tests.contract.test_routes import BY_SERVICE, EVERY_SERVICE, ROUTES, app_of

WITHOUT_BODY = {"/v1/escalations/{ident}/acknowledge", "/v1/notices/{ident}/retry"}
"""Steps that say everything by their address."""


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


@BY_SERVICE
def test_every_reference_leads_somewhere(service: str) -> None:
    document = app_of(service).openapi()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known
    assert "$defs" not in str(document)


@BY_SERVICE
def test_every_refusal_is_a_problem_document(service: str) -> None:
    for method, path, operation in operations(app_of(service).openapi()):
        refusals = {status: a for status, a in operation["responses"].items() if status >= "400"}
        assert {"400", "408", "414", "431", "503"} <= set(refusals), (method, path)
        for status, answer in refusals.items():
            assert PROBLEM in answer["content"], (method, path, status)
            assert answer["description"], (method, path, status)


@BY_SERVICE
def test_the_document_names_the_roles_of_the_table(service: str) -> None:
    table = ROUTES[service] | EVERY_SERVICE
    for method, path, operation in operations(app_of(service).openapi()):
        assert set(operation.get("x-roles", ())) == table[method, path]
        assert bool(operation.get("security")) is bool(table[method, path])
        if table[method, path]:
            assert {"401", "403", "429"} <= set(operation["responses"])


@BY_SERVICE
def test_what_is_posted_is_described(service: str) -> None:
    for method, path, operation in operations(app_of(service).openapi()):
        if method == "POST" and path not in WITHOUT_BODY:
            assert operation["requestBody"]["content"], path


class _One(BaseModel):
    class Inner(BaseModel):
        a: int

    inner: Inner


class _Other(BaseModel):
    class Inner(BaseModel):
        b: int

    inner: Inner


def test_two_models_of_one_name_are_noticed() -> None:
    document: dict[str, Any] = {
        "paths": {"/a": {"post": takes(_One)}, "/b": {"post": takes(_Other)}}
    }
    with pytest.raises(ValueError, match="Inner"):
        complete(document, FastAPI().routes)
