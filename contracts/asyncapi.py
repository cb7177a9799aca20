"""The AsyncAPI 3.0 document: every channel, message and operation, from catalogue and topology."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from contracts import schema
from contracts.base import CONTENT_TYPE
from contracts.catalog import ADDRESSED, EVENTS, OWNER_OF, EventType
from contracts.command import ACTIONS, QUEUE, CommandRequest, Problem, TicketState
from contracts.escalation import ReceptionLevel
from contracts.listeners import UNIT, Listener, listeners
from contracts.topology import JS_PREFIX
from contracts.whistle_command import WhistleRequest, WhistleState

VERSION: Final = "1.0.0"
"""Of this document: the events in it are all v1 and only grow."""
AREA: Final = ("district", "subdistrict", "community", "grid")
COMMANDS: Final = "cmd"
REPLIES: Final = "cmd.reply"
REQUEST: Final = "cmd.request"
STATE: Final = "cmd.state"
WHISTLE_REQUEST: Final = "cmd.whistle_request"
WHISTLE_STATE: Final = "cmd.whistle_state"
PROBLEM: Final = "cmd.problem"
REQUESTS: Final = (REQUEST, WHISTLE_REQUEST)
"""Whistle commands have a body of their own, the others share one."""
ANSWERS: Final = (STATE, WHISTLE_STATE, PROBLEM)
JSON: Final = "application/json"

Document = dict[str, Any]


def document() -> Document:
    """The whole document, in a fixed order."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:chuishao:events",
        "info": _info(),
        "defaultContentType": CONTENT_TYPE,
        "servers": {"city": _server()},
        "channels": {row.name: _channel(row) for row in EVENTS} | _command_channels(),
        "operations": dict(_operations()),
        "components": {
            "schemas": _schemas(),
            "messages": {row.name: _message(row) for row in EVENTS} | _command_messages(),
            "parameters": _parameters(),
            "securitySchemes": {
                "nkey": {
                    "type": "asymmetricEncryption",
                    "description": "An nkey seed (Ed25519) per service, unit and reader;"
                    " the server challenges, the seed never travels.",
                }
            },
        },
    }


def address(row: EventType) -> str:
    """The subject of an event with its parameters in braces."""
    if row.noun == "directory":
        return row.name
    to = [ADDRESSED[row.noun]] if ADDRESSED[row.noun] else []
    return ".".join([row.name, *(f"{{{name}}}" for name in (*to, *AREA))])


def _info() -> Document:
    return {
        "title": "Chuishao 吹哨: events and commands on NATS",
        "version": VERSION,
        "description": (
            "Events are CloudEvents 1.0 in structured JSON; consumers ignore fields they do not"
            " know. JetStream keeps them in the stream named by `x-stream`; `x-durable` names the"
            " pull consumer a listener reads from, no such name means live subscription."
            f" Units and readers set the JetStream API prefix `{JS_PREFIX}` and do not create"
            " consumers. Commands are request-reply on core NATS."
        ),
        "license": {"name": "Apache-2.0"},
    }


def _server() -> Document:
    return {
        "host": "{host}:{port}",
        "protocol": "nats",
        "description": "The city's NATS server with JetStream.",
        "variables": {
            "host": {"default": "127.0.0.1", "description": "Name or address of the server."},
            "port": {"default": "8722", "description": "Port for clients."},
        },
        "security": [{"$ref": "#/components/securitySchemes/nkey"}],
    }


def _channel(row: EventType) -> Document:
    found: Document = {
        "address": address(row),
        "title": row.name,
        "servers": [{"$ref": "#/servers/city"}],
        "messages": {row.name: {"$ref": f"#/components/messages/{row.name}"}},
        "x-stream": row.stream,
    }
    names = ["" if row.noun == "directory" else ADDRESSED[row.noun], *AREA]
    if row.noun != "directory":
        found["parameters"] = {
            name: {"$ref": f"#/components/parameters/{_parameter(row.noun, name)}"}
            for name in names
            if name
        }
    return found


def _parameter(noun: str, name: str) -> str:
    return f"{noun}_level" if name == "level" else name


def _command_channels() -> Document:
    return {
        COMMANDS: {
            "address": "cmd.{action}.{unit}",
            "title": "commands",
            "servers": [{"$ref": "#/servers/city"}],
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in REQUESTS},
            "parameters": {
                "action": {"$ref": "#/components/parameters/action"},
                "unit": {"$ref": "#/components/parameters/unit"},
            },
        },
        REPLIES: {
            "address": None,
            "title": "replies to commands",
            "description": "The reply inbox the sender's NATS client chose.",
            "servers": [{"$ref": "#/servers/city"}],
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in ANSWERS},
        },
    }


def _operations() -> Iterator[tuple[str, Document]]:
    for row in EVENTS:
        owner = OWNER_OF[row.noun]
        yield f"{owner}.send.{row.name}", _operation("send", row.name, owner)
        for listener in listeners(row):
            yield f"{listener.who}.receive.{row.name}", _hearing(row, listener)
    reply = {
        "channel": {"$ref": f"#/channels/{REPLIES}"},
        "messages": [{"$ref": f"#/channels/{REPLIES}/messages/{m}"} for m in ANSWERS],
    }
    yield f"{UNIT}.send.cmd", _operation("send", COMMANDS, UNIT, *REQUESTS) | {"reply": reply}
    yield (
        f"{QUEUE}.receive.cmd",
        _operation("receive", COMMANDS, QUEUE, *REQUESTS)
        | {"reply": reply, "bindings": {"nats": {"queue": QUEUE, "bindingVersion": "0.1.0"}}},
    )


def _hearing(row: EventType, listener: Listener) -> Document:
    found = _operation("receive", row.name, listener.who)
    if listener.durable:
        found |= {"x-stream": listener.stream, "x-durable": listener.durable}
    return found


def _operation(action: str, channel: str, who: str, *messages: str) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [
            {"$ref": f"#/channels/{channel}/messages/{message}"}
            for message in messages or (channel,)
        ],
        "tags": [{"name": who}],
    }


def _message(row: EventType) -> Document:
    return {
        "name": row.name,
        "title": row.type,
        "summary": inspect.getdoc(row.data),
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/EventHeaders"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        **schema.envelope(row),
                        "data": {"$ref": f"#/components/schemas/{row.data.__name__}"},
                    },
                    "required": ["type", "source", "dataschema", "data"],
                },
            ]
        },
    }


def _command_messages() -> Document:
    bodies = {
        REQUEST: CommandRequest,
        WHISTLE_REQUEST: WhistleRequest,
        STATE: TicketState,
        WHISTLE_STATE: WhistleState,
        PROBLEM: Problem,
    }
    return {
        name: {
            "name": name,
            "title": model.__name__,
            "summary": inspect.getdoc(model),
            "contentType": "application/problem+json" if model is Problem else JSON,
            "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        }
        for name, model in bodies.items()
    }


def _schemas() -> Document:
    models: list[type[BaseModel]] = [*dict.fromkeys(row.data for row in EVENTS)]
    models += [CommandRequest, WhistleRequest, TicketState, WhistleState, Problem]
    return {
        "CloudEvent": schema.cloud_event(),
        "EventHeaders": {
            "type": "object",
            "properties": {
                "Nats-Msg-Id": {"type": "string", "description": "The event's id once more."}
            },
            "required": ["Nats-Msg-Id"],
        },
        **schema.definitions(models, "#/components/schemas/{model}"),
    }


def _parameters() -> Document:
    codes = {
        "unit": "Code of the addressee, `_` where there is none.",
        "district": "Six digits, `_` where the area is not known.",
        "subdistrict": "Three digits below the district, or `_`.",
        "community": "Three digits below the subdistrict, or `_`.",
        "grid": "Three digits of the deepest sure grid below the community, or `_`.",
    }
    return {
        **{name: {"description": text} for name, text in codes.items()},
        "escalation_level": {
            "description": "0 warns the holder, 5 is the district's reception queue.",
            "enum": [str(level) for level in range(6)],
        },
        "reception_level": {
            "description": "Whose table the matter lies on.",
            "enum": [level.value for level in ReceptionLevel],
        },
        "action": {"description": "What the unit does.", "enum": list(ACTIONS)},
    }
