"""The committed schemas, AsyncAPI document and page are what the code says, and drift is found."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts import export
from contracts.base import Event
from contracts.catalog import ENVELOPES, EVENTS
from contracts.command import ACTIONS, Command, CommandRequest, Problem, TicketState
from contracts.directory import PARTS
from contracts.schema import DIALECT, field_docs
from contracts.terms import LANGUAGES
from contracts.ticket import TicketDispatched
from kit.errors import DomainError, Kind
from services.router.ticket.ticket import Action
from services.router.ticket.viewing import ticket_view

SCHEMAS = export.ROOT / "contracts" / "schemas"
DRAFT_7_TOO = {
    "type", "properties", "required", "items", "enum", "const", "pattern", "format", "anyOf",
    "$ref", "$defs", "$schema", "$id", "title", "description", "default", "additionalProperties",
    "minimum", "maximum", "minLength", "maxLength", "maxItems", "minItems", "propertyNames",
}  # fmt: skip
"""Words that mean the same in 2020-12 and in draft 7, which AsyncAPI's own schema form extends."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what is committed."""
    shutil.copytree(SCHEMAS, tmp_path / "contracts" / "schemas")
    shutil.copy(export.ROOT / "contracts" / "asyncapi.json", tmp_path / "contracts")
    (tmp_path / "docs").mkdir()
    shutil.copy(export.ROOT / "docs" / "contracts.md", tmp_path / "docs")
    for language in LANGUAGES:
        (tmp_path / export.TEXTS / language).mkdir(parents=True)
        shutil.copy(
            export.ROOT / export.TEXTS / language / "terms.json", tmp_path / export.TEXTS / language
        )
    return tmp_path


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, text in export.files().items():
        if path.startswith(export.SCHEMAS):
            yield path, json.loads(text)


def words_of(schema: Any) -> Iterator[str]:
    """Every keyword in use, names of properties and definitions left out."""
    if isinstance(schema, list):
        for item in schema:
            yield from words_of(item)
    elif isinstance(schema, dict):
        for word, value in schema.items():
            yield word
            if word in ("properties", "$defs"):
                for inner in value.values():
                    yield from words_of(inner)
            elif word not in ("default", "const", "enum", "required"):
                yield from words_of(value)


def test_the_committed_files_are_what_the_code_says() -> None:
    assert export.differences() == [], "run `make contracts` and commit"


def test_drift_is_found_and_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "contracts/schemas/clock.set.v1.json").write_text("{}\n", encoding="utf-8")
    (tree / "contracts/schemas/commands.json").unlink()
    (tree / "contracts/schemas/ticket.exploded.v1.json").write_text("{}\n", encoding="utf-8")
    with (tree / "docs/contracts.md").open("a", encoding="utf-8") as page:
        page.write("a note by hand\n")
    wanted = [
        "contracts/schemas/clock.set.v1.json",
        "contracts/schemas/commands.json",
        "contracts/schemas/ticket.exploded.v1.json",
        "docs/contracts.md",
    ]
    assert export.differences(tree) == wanted
    assert export.main(["--check"], tree) == 1
    said = capsys.readouterr().out
    assert all(f"differs: {path}\n" in said for path in wanted)


def test_checking_writes_nothing_and_writing_mends_everything(tree: Path) -> None:
    (tree / "contracts/schemas/clock.set.v1.json").write_text("{}\n", encoding="utf-8")
    (tree / "contracts/schemas/directory/old.json").write_text("{}\n", encoding="utf-8")
    assert export.main(["--check"], tree) == 1
    assert export.main(["--check"], tree) == 1
    assert export.main([], tree) == 0
    assert export.main(["--check"], tree) == 0
    assert not (tree / "contracts/schemas/directory/old.json").exists()


def test_a_changed_model_is_drift(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Grown(TicketDispatched):
        colour: str = "red"

    monkeypatch.setitem(ENVELOPES, "ticket.dispatched", Event[Grown])
    assert export.differences(tree) == ["contracts/schemas/ticket.dispatched.v1.json"]


def test_what_is_written_does_not_depend_on_the_run() -> None:
    assert export.files() == export.files()


def test_every_event_part_and_command_has_a_schema() -> None:
    names = {path.removeprefix(f"{export.SCHEMAS}/") for path, _ in schemas()}
    assert names == {
        *(f"{row.name}.v1.json" for row in EVENTS),
        *(f"directory/{part}.json" for part in PARTS),
        "commands.json",
    }


def test_a_schema_says_what_it_is_and_where_it_is_published() -> None:
    for path, schema in schemas():
        assert schema["$schema"] == DIALECT
        assert schema["$id"].endswith(path.removeprefix("contracts"))
        assert schema["title"]
    for row in EVENTS:
        whole = json.loads((SCHEMAS / f"{row.name}.v1.json").read_text(encoding="utf-8"))
        assert whole["$id"] == row.dataschema
        assert whole["properties"]["type"]["const"] == row.type
        assert set(whole["required"]) == set(whole["properties"])


def test_every_reference_inside_a_schema_resolves() -> None:
    for path, schema in schemas():
        for reference in references(schema):
            assert reference.startswith("#/$defs/")
            assert reference.removeprefix("#/$defs/") in schema["$defs"], path


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_schemas_use_only_words_old_validators_know() -> None:
    for path, schema in schemas():
        assert set(words_of(schema)) <= DRAFT_7_TOO, path


def test_events_let_unknown_fields_pass_and_rows_and_requests_do_not() -> None:
    dispatched = json.loads((SCHEMAS / "ticket.dispatched.v1.json").read_text(encoding="utf-8"))
    assert "additionalProperties" not in dispatched["$defs"]["TicketDispatched"]
    area = json.loads((SCHEMAS / "directory" / "areas.json").read_text(encoding="utf-8"))
    assert area["$defs"]["Area"]["additionalProperties"] is False
    commands = json.loads((SCHEMAS / "commands.json").read_text(encoding="utf-8"))
    assert commands["$defs"]["CommandRequest"]["additionalProperties"] is False


def test_what_is_written_below_a_field_becomes_its_description() -> None:
    assert field_docs(TicketDispatched)["profile"].startswith("Limit profile")
    assert "history" in field_docs(TicketDispatched)["version"]
    whole = json.loads((SCHEMAS / "ticket.dispatched.v1.json").read_text(encoding="utf-8"))
    profile = whole["$defs"]["TicketDispatched"]["properties"]["profile"]
    assert profile["description"].startswith("Limit profile")


def test_every_action_of_the_router_is_a_word_of_the_contract() -> None:
    assert {action.value for action in Action} <= set(ACTIONS)


def test_a_request_over_nats_names_command_ticket_and_actor() -> None:
    assert Command().data.unit is None
    required = {n for n, rule in CommandRequest.model_fields.items() if rule.is_required()}
    assert required == {"command_id", "ticket", "actor"}


@pytest.mark.parametrize("field", ["reason", "note", "result"])
@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x9f", "\ud800"])
def test_no_control_character_gets_into_a_command(field: str, character: str) -> None:
    with pytest.raises(ValueError, match=field):
        Command.model_validate({"data": {field: f"a{character}b"}})
    kept = Command.model_validate({"data": {field: "一行\n\t又一行"}}).data
    assert getattr(kept, field) == "一行\n\t又一行"


def test_the_state_the_router_answers_is_the_state_of_the_contract() -> None:
    row: Any = {
        "ticket_id": uuid.UUID(int=1), "number": "261121000000", "status": "dispatched",
        "unit": "WY-08", "post": None, "coordinator": "SQ-1", "assists": ["SQ-1"], "area": None,
        "category": None, "urgency": "normal", "round": 1, "version": 2, "escalation_level": 0,
        "channel": "web", "kind": "help", "title": None, "address": None, "body": "路灯坏了",
        "attachments": [], "pending": None, "outcome": None, "confidential": False,
        "received_at": datetime(2026, 11, 21, tzinfo=UTC),
    }  # fmt: skip
    answered = ticket_view(row)
    assert answered.keys() == TicketState.model_fields.keys()
    assert TicketState.model_validate(answered).assists == ("SQ-1",)


def test_a_problem_of_ours_is_the_problem_of_the_contract() -> None:
    error = DomainError("x", Kind.CONFLICT, zh="否", en="no", field="f", extra={"version_now": 3})
    said = Problem.model_validate(error.problem() | {"detail_en": error.en})
    assert (said.status, said.field, said.version_now, said.detail_en) == (409, "f", 3, "no")
    with pytest.raises(ValueError, match="ticket_id"):
        TicketState.model_validate(error.problem())
