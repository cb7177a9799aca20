"""docs/contracts.md: the catalogue as a page for people, written by `make contracts`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import BaseModel

from contracts import schema
from contracts.catalog import ADDRESSED, EVENTS, OWNER_OF, EventType
from contracts.command import ACTIONS, CommandData, CommandRequest, Problem, TicketState
from contracts.directory import PARTS
from contracts.listeners import listeners
from contracts.schema import Schema
from contracts.topology import CONSUMERS, STREAMS, reader_consumer, unit_consumer
from contracts.whistle_command import WhistleRequest, WhistleState

INTRO: Final = """\
# Contracts

Written by `make contracts` from `contracts/`; do not edit. Schemas: `contracts/schemas/`; all of it
as one AsyncAPI 3 document: `contracts/asyncapi.json`.

Events are CloudEvents 1.0 in structured JSON (`application/cloudevents+json`); `id` is repeated as
the header `Nats-Msg-Id`. They only grow: consumers ignore fields they do not know, and a field is
never renamed, removed or given a new meaning.

## Events

`UNIT` is the addressee's code, `_` where there is none. `AREA` stands for four tokens, district,
subdistrict, community and grid (6 + 3 + 3 + 3 digits, GB/T 30428.1), `_` from the first one that is
not known. `LEVEL` is 0 to 5 for escalations, and `community`, `subdistrict` or `district` for
receptions. A name in *italics* listens live, without memory; every other one reads from its durable
consumer, listed below.
"""
DATA: Final = """\
## Data

Every event's data may also carry `cause`, the id of the event, command or request that led to it.
A field marked `?` may be missing.
"""
COMMANDS: Final = """\
## Commands

Request-reply on core NATS: `cmd.ACTION.UNIT`. The same `command_id` gives the same answer. The
reply is the new state of the ticket, of `whistle-…` the whistle's, or a problem (RFC 9457); only a
problem has `detail`.
"""
MODELS: Final = (
    CommandRequest,
    CommandData,
    TicketState,
    WhistleRequest,
    WhistleState,
    Problem,
)


def page() -> str:
    """The whole page."""
    data = dict.fromkeys(row.data for row in EVENTS)
    return "\n".join(
        [
            INTRO,
            *_table(
                ("event", "subject", "stream", "owner", "who hears it", "data"),
                (_event(row) for row in EVENTS),
            ),
            DATA,
            *(line for model in data for line in _model(model)),
            "## Streams\n",
            *_table(("stream", "subjects"), ((s.name, _codes(s.subjects)) for s in STREAMS)),
            "## Durable consumers\n",
            *_table(("consumer", "stream", "subjects"), _consumers()),
            COMMANDS,
            f"Actions: {_codes(ACTIONS)}.\n",
            *(line for model in MODELS for line in _model(model)),
            "## Directory parts\n",
            *(line for name, row in PARTS.items() for line in _model(row, f"{name}: ")),
        ]
    )


def _event(row: EventType) -> tuple[str, ...]:
    subject = f"{row.name}.{ADDRESSED.get(row.noun, '').upper()}.AREA".replace("..", ".")
    if row.noun == "directory":
        subject = row.name
    hears = ", ".join(heard.who if heard.durable else f"*{heard.who}*" for heard in listeners(row))
    data = f"[{row.data.__name__}](#{row.data.__name__.lower()})"
    return f"`{row.name}`", f"`{subject}`", row.stream, OWNER_OF[row.noun], hears, data


def _model(model: type[BaseModel], before: str = "") -> list[str]:
    return [
        f"### {before}{model.__name__}\n",
        f"{inspect.getdoc(model)}\n",
        *_table(("field", "form", "meaning"), _fields(model)),
    ]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    found = model.model_json_schema(schema_generator=schema.Documented)
    yield from _rows(found, found.get("$defs", {}), "")


def _rows(model: Schema, known: Schema, path: str) -> Iterator[tuple[str, ...]]:
    for name, rules in model["properties"].items():
        if path + name == "cause":
            continue
        optional = "" if name in model.get("required", ()) else "?"
        form, value, below = _form(rules, known)
        yield f"`{path}{name}`{optional}", form, rules.get("description", "")
        if "properties" in value:
            yield from _rows(value, known, f"{path}{name}{below}.")


def _form(rules: Schema, known: Schema) -> tuple[str, Schema, str]:
    """A value in words, the schema of it or its items, and `[]` or `{}` where it has items."""
    rules = next((r for r in rules.get("anyOf", ()) if r.get("type") != "null"), rules)
    rules = known[rules["$ref"].rpartition("/")[2]] if "$ref" in rules else rules
    if "enum" in rules:
        return _codes(rules["enum"]), rules, ""
    if rules["type"] == "array":
        form, value, _ = _form(rules["items"], known)
        return f"list of {form}", value, "[]"
    if isinstance(rules.get("additionalProperties"), dict):
        form, value, _ = _form(rules["additionalProperties"], known)
        return f"map to {form}", value, "{}"
    return str(rules.get("format", rules["type"])), rules, ""


def _consumers() -> Iterator[tuple[str, ...]]:
    for spec in (*CONSUMERS, unit_consumer("UNIT"), reader_consumer("READER", "")):
        yield f"`{spec.name}`", spec.stream, _codes(spec.filters)


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]
