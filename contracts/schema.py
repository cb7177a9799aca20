"""JSON Schemas (2020-12): each event's whole envelope, the directory's parts, commands."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from contracts.base import SCHEMA_ROOT, Event, EventData
from contracts.catalog import ENVELOPES, OWNER_OF, EventType
from contracts.command import Command, CommandRequest, Problem, TicketState
from contracts.directory import PARTS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ALWAYS: Final = (
    "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
    "data",
)  # fmt: skip
"""Attributes on every event; the first two defaults are always written out."""
COMMANDS: Final = (CommandRequest, Command, TicketState, Problem)

Schema = dict[str, Any]


class Documented(GenerateJsonSchema):
    """Takes the docstrings below fields as descriptions; no titles that repeat names."""

    def model_schema(self, schema: Any) -> Schema:
        """The schema of one model."""
        found = super().model_schema(schema)
        for name, text in field_docs(schema["cls"]).items():
            if name in found.get("properties", {}):
                found["properties"][name].setdefault("description", text)
        return found

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: `Ticket Id` says no more than `ticket_id`."""
        return schema is None


@cache
def field_docs(model: type[BaseModel]) -> Mapping[str, str]:
    """What is written below the fields of a model and of the models it grew from."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls.__module__.partition(".")[0] == "contracts" and "[" not in cls.__name__:
            found |= _docs_of(cls)
    return found


def _docs_of(cls: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    assert isinstance(tree.body[0], ast.ClassDef)  # noqa: S101 - the source of a class
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(tree.body[0].body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def envelope(row: EventType) -> Schema:
    """What an event's own attributes are fixed to, as properties of a schema."""
    return {
        "type": {"const": row.type, "type": "string"},
        "source": {"const": f"/chuishao/{OWNER_OF[row.noun]}", "type": "string"},
        "dataschema": {"const": row.dataschema, "type": "string"},
    }


def event(row: EventType) -> Schema:
    """The schema of one event, envelope and data, as it goes over the wire."""
    schema = ENVELOPES[row.name].model_json_schema(schema_generator=Documented)
    attributes = schema["properties"] | envelope(row)
    return {
        "$schema": DIALECT,
        "$id": row.dataschema,
        "title": row.name,
        "description": inspect.getdoc(row.data),
        "type": "object",
        "properties": {name: attributes[name] for name in ALWAYS},
        "required": list(ALWAYS),
        "$defs": schema["$defs"],
    }


def cloud_event() -> Schema:
    """The attributes all events share, without the data."""
    schema = Event[EventData].model_json_schema(schema_generator=Documented)
    return {
        "type": "object",
        "description": inspect.getdoc(Event),
        "properties": {name: schema["properties"][name] for name in ALWAYS[:-1]},
        "required": list(ALWAYS),
    }


def part(name: str) -> Schema:
    """The schema of a directory part as the router serves it: a list of rows, defaults left out."""
    row = PARTS[name].model_json_schema(schema_generator=Documented)
    definitions = row.pop("$defs", {})
    return {
        "$schema": DIALECT,
        "$id": f"{SCHEMA_ROOT}/directory/{name}.json",
        "title": f"directory {name}",
        "type": "array",
        "items": {"$ref": f"#/$defs/{row['title']}"},
        "$defs": {row["title"]: row, **definitions},
    }


def commands() -> Schema:
    """The schema of what may go to and fro on `cmd.<action>.<unit>`, and of the body over HTTP."""
    return {
        "$schema": DIALECT,
        "$id": f"{SCHEMA_ROOT}/commands.json",
        "title": "commands",
        "description": "A request on cmd.<action>.<unit>, or its reply: a state or a problem.",
        "anyOf": [
            {"$ref": f"#/$defs/{model.__name__}"} for model in COMMANDS if model is not Command
        ],
        "$defs": definitions(COMMANDS, "#/$defs/{model}"),
    }


def definitions(models: Sequence[type[BaseModel]], template: str) -> Schema:
    """Schemas of several models and all they use, by name; `template` is the form of references."""
    _, found = models_json_schema(
        [(model, "validation") for model in models],
        ref_template=template,
        schema_generator=Documented,
    )
    named: Schema = found["$defs"]
    return named
