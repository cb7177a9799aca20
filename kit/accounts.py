"""Who may say and hear what on NATS: one account for the city, one for each unit and reader.

Subject permissions inside one account are not enough (reliability.md D.2: the usual inbox grant leaks
one office's messages to another), so each office lives in its own account and imports exactly its own
durable, its own commands and its own live subjects (product.md section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from contracts.catalog import OWNER_OF
from contracts.topology import CONSUMERS, ECHOES, JS_PREFIX, every, reader_consumer, unit_consumer
from kit.broker import inbox_prefix

CITY: Final = "CITY"
SYSTEM: Final = "SYS"
SERVICE_USERS: Final = ("intake", "router", "notifier", "console")
RELAY_USERS: Final = ("intake-relay", "router-relay", "notifier-relay")
OPS_USER: Final = "ops"
SYSTEM_USER: Final = "sys"
OWN_RIGHTS: Final = "$SYS.REQ.USER.INFO"
"""Where every user may ask what it may do itself, so that `provision --check` can (docs/adr/0037)."""
OFFICE_LIMITS: Final = "max_conn: 16, max_subs: 100, max_payload: 65536"
"""What one office may take of the shared server."""


class ReaderLike(Protocol):
    """What is needed of a reader: its code and the area it may follow."""

    @property
    def code(self) -> str:
        """Its code in the directory."""
        ...

    @property
    def area(self) -> str:
        """The area it may follow."""
        ...


def users(units: Iterable[str], readers: Iterable[ReaderLike]) -> tuple[str, ...]:
    """Every user that needs an nkey."""
    return (
        SYSTEM_USER,
        OPS_USER,
        *SERVICE_USERS,
        *RELAY_USERS,
        *(f"unit_{unit}" for unit in units),
        *(f"reader_{reader.code}" for reader in readers),
    )


def render_accounts(
    units: Sequence[str],
    readers: Sequence[ReaderLike],
    public_keys: Mapping[str, str],
    second: Mapping[str, str] | None = None,
) -> str:
    """The text of `accounts.conf`. Raises KeyError when a user has no public key.

    `second` holds the other valid key of users whose key is being changed.
    """
    seconds = second or {}

    def keys(user: str) -> list[str]:
        return [public_keys[user], *([seconds[user]] if user in seconds else [])]

    followers = [(f"unit_{unit}", _unit_grants(unit)) for unit in units]
    followers += [(f"reader_{r.code}", _reader_grants(r.code, r.area)) for r in readers]
    exports = [line for name, grants in followers for line in _exports(name, grants)]
    parts = [
        f"system_account: {SYSTEM}",
        "accounts {",
        f"  {SYSTEM} {{ users = [ {_plain_users(keys(SYSTEM_USER))} ] }}",
        f"  {CITY} {{",
        "    jetstream: enabled",
        "    users = [",
        f"      {_plain_users(keys(OPS_USER))}",
        *(f"      {_service_user(name, key)}" for name in SERVICE_USERS for key in keys(name)),
        *(f"      {_relay_user(name, key)}" for name in RELAY_USERS for key in keys(name)),
        "    ]",
        "    exports = [",
        *(f"      {line}" for line in exports),
        "    ]",
        "  }",
    ]
    for name, grants in followers:
        parts += [
            f'  "{name}" {{',
            f"    users = [ {_plain_users(keys(name))} ]",
            f"    limits = {{ {OFFICE_LIMITS} }}",
            "    imports = [",
            *(f"      {line}" for line in _imports(grants)),
            "    ]",
            "  }",
        ]
    return "\n".join([*parts, "}", ""])


def _plain_users(public_keys: Iterable[str]) -> str:
    return ", ".join(f"{{ nkey: {key} }}" for key in public_keys)


Grant = tuple[str, str, str]
"""Kind (`service`, `stream` or `pull`), subject in the city's account, name in the office's own."""


def _durable_grants(stream: str, durable: str) -> list[Grant]:
    info = f"CONSUMER.INFO.{stream}.{durable}"
    following = f"CONSUMER.MSG.NEXT.{stream}.{durable}"
    return [
        ("service", f"$JS.API.{info}", f"{JS_PREFIX}.{info}"),
        ("pull", f"$JS.API.{following}", f"{JS_PREFIX}.{following}"),
        *(("service", subject, "") for subject in ack_subjects(stream, durable)),
    ]


def ack_subjects(stream: str, durable: str) -> tuple[str, str]:
    """Where the messages of one durable are acknowledged: the form in use, and that of servers to come.

    Token for token, because the server tells the two forms apart by position alone: behind
    `$JS.ACK.*.*.STREAM.mine.>` lies also `$JS.ACK.STREAM.theirs.STREAM.mine.1.2.3`, which is an
    acknowledgement at another office's durable, and its `+NXT` fetches that office's next message
    (docs/adr/0037). `_` is the domain of a server that has none.
    """
    return (
        f"$JS.ACK.{stream}.{durable}.*.*.*.*.*",
        f"$JS.ACK._.*.{stream}.{durable}.*.*.*.*.>",
    )


def _unit_grants(unit: str) -> list[Grant]:
    spec = unit_consumer(unit)
    return [
        *_durable_grants(spec.stream, spec.name),
        ("service", f"cmd.*.{unit}", ""),
        *(("stream", f"{noun}.*.{unit}.>", "") for noun in ("ticket", "whistle", "clock")),
    ]


def _reader_grants(code: str, area: str) -> list[Grant]:
    spec = reader_consumer(code, area)
    below = spec.filters[0].removeprefix("escalation.*.*.")
    return [
        *_durable_grants(spec.stream, spec.name),
        *(("stream", f"{noun}.*.*.{below}", "") for noun in ("clock", "escalation", "reception")),
    ]


def _exports(account: str, grants: list[Grant]) -> list[str]:
    lines = []
    for kind, subject, _ in grants:
        word = "stream" if kind == "stream" else "service"
        answers = ', response_type: "Stream"' if kind == "pull" else ""
        lines.append(f'{{ {word}: "{subject}", accounts: ["{account}"]{answers} }}')
    return lines


def _imports(grants: list[Grant]) -> list[str]:
    lines = []
    for kind, subject, own_name in grants:
        word = "stream" if kind == "stream" else "service"
        renamed = f', to: "{own_name}"' if own_name else ""
        lines.append(f'{{ {word}: {{ account: {CITY}, subject: "{subject}" }}{renamed} }}')
    return lines


def _service_user(name: str, public_key: str) -> str:
    publish = [OWN_RIGHTS]
    for spec in CONSUMERS:
        if spec.name.startswith(f"{name}-"):
            publish += [
                f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.name}",
                f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.name}",
                *ack_subjects(spec.stream, spec.name),
            ]
    listen = [f"{inbox_prefix(name).decode()}.>"]
    if name == "router":
        publish.append("_R_.>")
        listen.append("cmd.*.*")
    return _user(public_key, publish, listen)


def _relay_user(name: str, public_key: str) -> str:
    owner = name.removesuffix("-relay")
    publish = [OWN_RIGHTS]
    publish += [every(noun) for noun, service in OWNER_OF.items() if service == owner]
    for echo in ECHOES[owner]:  # what the reconciler asks (docs/adr/0040)
        publish += [
            f"$JS.API.STREAM.INFO.{echo.stream}",
            f"$JS.API.CONSUMER.RESET.{echo.stream}.{echo.name}",
            f"$JS.API.CONSUMER.MSG.NEXT.{echo.stream}.{echo.name}",
        ]
    return _user(public_key, publish, [f"{inbox_prefix(name).decode()}.>"])


def _user(public_key: str, publish: list[str], listen: list[str]) -> str:
    def quoted(subjects: list[str]) -> str:
        return ", ".join(f'"{subject}"' for subject in subjects)

    return (
        f"{{ nkey: {public_key}, permissions: {{ publish: {{ allow: [{quoted(publish)}] }},"
        f" subscribe: {{ allow: [{quoted(listen)}] }} }} }}"
    )
