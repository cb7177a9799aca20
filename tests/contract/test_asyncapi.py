"""The AsyncAPI document is whole: its references resolve, and it holds the catalogue and the topology."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import export
from contracts.catalog import ADDRESSED, EVENTS, OWNER_OF, EventType, subject
from contracts.command import ACTIONS, QUEUE
from contracts.listeners import overlap
from contracts.topology import CONSUMERS, reader_consumer, unit_consumer
from services.router import app

Document = dict[str, Any]
KEY = re.compile(r"[\w\d.\-_]+")
BRACES = re.compile(r"\{(\w+)\}")


def committed() -> Document:
    text = (export.ROOT / "contracts" / "asyncapi.json").read_text(encoding="utf-8")
    document: Document = json.loads(text)
    return document


DOCUMENT = committed()
CHANNELS: Document = DOCUMENT["channels"]
OPERATIONS: Document = DOCUMENT["operations"]


def nodes(node: Any) -> Iterator[Document]:
    if isinstance(node, dict):
        yield node
    for value in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from nodes(value)


def resolve(document: Document, reference: str) -> Any:
    """What a reference points to, through references on its way. Raises KeyError."""
    assert reference.startswith("#/"), reference
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
        if isinstance(node, dict) and set(node) == {"$ref"}:
            node = resolve(document, node["$ref"])
    return node


def broken(document: Document) -> list[str]:
    """What the AsyncAPI 3.0 specification demands of a document and this one lacks."""
    found = [f"root: {key}" for key in ("asyncapi", "info") if key not in document]
    found += [f"info: {key}" for key in ("title", "version") if not document["info"].get(key)]
    for key, server in document["servers"].items():
        found += [f"{key}: {name}" for name in ("host", "protocol") if not server.get(name)]
    for key, channel in document["channels"].items():
        used = set(BRACES.findall(channel["address"] or ""))
        if used != set(channel.get("parameters", {})) or not channel.get("messages"):
            found.append(f"channel {key}")
    for key, operation in document["operations"].items():
        found += [f"operation {key}"] * (operation.get("action") not in ("send", "receive"))
        within = operation.get("channel", {}).get("$ref", "-") + "/messages/"
        found += [
            f"operation {key}" for m in operation["messages"] if not m["$ref"].startswith(within)
        ]
    for kind, parts in document["components"].items():
        found += [f"{kind}: {key}" for key in parts if not KEY.fullmatch(key)]
    for node in nodes(document):
        if isinstance(node.get("$ref"), str):
            try:
                resolve(document, node["$ref"])
            except (KeyError, TypeError):
                found.append(node["$ref"])
    return found


def test_the_document_is_well_formed() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert broken(DOCUMENT) == []


@pytest.mark.parametrize(
    "path",
    [
        "info/version",
        "servers/city/protocol",
        "channels/ticket.dispatched/messages",
        "channels/ticket.dispatched/parameters/unit",
        "operations/router.send.ticket.dispatched/action",
        "operations/router.send.ticket.dispatched/channel",
        "components/messages/ticket.dispatched",
        "components/parameters/unit",
        "components/schemas/TicketDispatched",
        "components/schemas/Urgency",
        "components/securitySchemes/nkey",
    ],
)
def test_a_missing_part_would_be_found(path: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    *above, last = path.split("/")
    node = document
    for part in above:
        node = node[part]
    del node[last]
    assert broken(document)


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.name)
def test_every_event_has_its_channel_and_its_message(row: EventType) -> None:
    channel = CHANNELS[row.name]
    assert BRACES.sub("*", channel["address"]) == row.pattern
    assert channel["x-stream"] == row.stream
    message = resolve(DOCUMENT, f"#/channels/{row.name}/messages/{row.name}")
    assert message["name"] == row.name
    assert message["contentType"] == "application/cloudevents+json"
    _, own = message["payload"]["allOf"]
    assert own["properties"]["type"]["const"] == row.type
    data = resolve(DOCUMENT, own["properties"]["data"]["$ref"])
    assert set(data["properties"]) == set(row.data.model_fields)


def test_there_is_no_channel_without_an_event_but_those_of_commands() -> None:
    assert set(CHANNELS) == {*(row.name for row in EVENTS), "cmd", "cmd.reply"}


def test_the_address_with_its_parameters_filled_in_is_what_the_builder_makes() -> None:
    values = {"unit": "WY-08", "level": "4", "district": "370105", "subdistrict": "001",
              "community": "010", "grid": "139"}  # fmt: skip
    for row in EVENTS:
        to = values.get(ADDRESSED.get(row.noun, ""))
        filled = CHANNELS[row.name]["address"].format(**values)
        assert filled == subject(row.name, to=to, area="370105001010139")


def test_levels_are_listed() -> None:
    parameters = DOCUMENT["components"]["parameters"]
    assert parameters["escalation_level"]["enum"] == ["0", "1", "2", "3", "4", "5"]
    assert parameters["reception_level"]["enum"] == ["community", "subdistrict", "district"]
    for row in EVENTS:
        if ADDRESSED.get(row.noun) == "level":
            reference = CHANNELS[row.name]["parameters"]["level"]["$ref"]
            assert reference == f"#/components/parameters/{row.noun}_level"


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.name)
def test_an_event_is_sent_by_its_owner_alone(row: EventType) -> None:
    senders = [
        key
        for key, operation in OPERATIONS.items()
        if operation["action"] == "send"
        and operation["channel"]["$ref"] == f"#/channels/{row.name}"
    ]
    assert senders == [f"{OWNER_OF[row.noun]}.send.{row.name}"]


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.name)
def test_an_event_is_received_by_exactly_the_durables_whose_filters_match(row: EventType) -> None:
    specs = (*CONSUMERS, unit_consumer("{unit}"), reader_consumer("{reader}", ""))
    wanted = {spec.name for spec in specs if any(overlap(f, row.pattern) for f in spec.filters)}
    found = [
        operation.get("x-durable")
        for operation in OPERATIONS.values()
        if operation["action"] == "receive"
        and operation["channel"]["$ref"] == f"#/channels/{row.name}"
    ]
    assert {name for name in found if name} == wanted


def test_commands_are_request_and_reply_shared_by_a_queue_group() -> None:
    assert CHANNELS["cmd"]["address"] == "cmd.{action}.{unit}"
    assert CHANNELS["cmd.reply"]["address"] is None
    assert DOCUMENT["components"]["parameters"]["action"]["enum"] == list(ACTIONS)
    asks, answers = OPERATIONS["unit.send.cmd"], OPERATIONS["router.receive.cmd"]
    assert asks["reply"] == answers["reply"]
    assert [m["$ref"].rpartition("/")[2] for m in asks["reply"]["messages"]] == [
        "cmd.state", "cmd.whistle_state", "cmd.problem",
    ]  # fmt: skip
    for one in (asks, answers):
        assert [m["$ref"].rpartition("/")[2] for m in one["messages"]] == [
            "cmd.request", "cmd.whistle_request",
        ]  # fmt: skip
    assert answers["bindings"]["nats"]["queue"] == QUEUE == app.SERVICE
