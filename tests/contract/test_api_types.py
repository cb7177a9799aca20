"""The front end's types are those of the services' answers."""

from __future__ import annotations

import json

from tests.contract.test_routes import BY_SERVICE, ROUTES
from tests.support.api_types import KEPT, differs, document


@BY_SERVICE
def test_the_types_of_the_front_end_are_what_the_code_says(service: str) -> None:
    text = (KEPT / f"{service}.ts").read_text("utf-8")
    assert not differs(document(service), text), "run `make contracts` and commit"


@BY_SERVICE
def test_a_field_more_or_a_line_changed_by_hand_is_noticed(service: str) -> None:
    text, said = (KEPT / f"{service}.ts").read_text("utf-8"), document(service)
    said["components"]["schemas"]["Problem"]["properties"]["more"] = {"type": "string"}
    assert differs(said, text)
    assert differs(document(service), f"{text}\n")


def test_there_is_a_file_for_each_service_and_no_other() -> None:
    assert {file.name for file in KEPT.iterdir()} == {f"{service}.ts" for service in ROUTES}


def test_a_document_is_the_same_each_time() -> None:
    assert json.dumps(document("router")) == json.dumps(document("router"))
