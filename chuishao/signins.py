"""Who can sign in to an embedded installation: tokens for people, keys for units on NATS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Final

from chuishao.directory import PostEntry, Roster
from chuishao.runfile import NatsUser
from chuishao.secrets import SERVICES, Secrets
from chuishao.tokens import EMBEDDED_LIFETIME_S, issue
from contracts.topology import JS_PREFIX, ConsumerSpec, reader_consumer, unit_consumer

# Roles that are no post of the directory are held by a person of the same name.
_STAFF: Final = ("operator", "admin", "auditor", "dashboard")
_POSTS: Final = ("dispatcher", "ruling")
# Units that get tokens in run.json: those with an account on NATS, then the first ones. The sample's all
# do; of a whole city's tens of thousands these are enough to try it, and the file stays readable.
MOST_UNITS: Final = 1_000
# Who speaks for a unit, the first that is filled; a secretary only where there is nobody else.
_SPEAKERS: Final = (
    "leader",
    "liaison",
    "desk",
    "duty_lead",
    "specialist",
    "deputy",
    "member",
    "dispatcher",
    "ruling",
    "secretary",
)


def sign_in_tokens(
    roster: Roster, secrets: Secrets, *, lifetime_s: int = EMBEDDED_LIFETIME_S
) -> dict[str, str]:
    """Issue the tokens of run.json: `operator` and so on, `unit:<code>`, `secretary:<code>`.

    At most MOST_UNITS units get theirs. With them the api_key of the sample partner, `open311`, which
    is no token but is used like one.
    """
    sign = partial(issue, secrets.token_private_key, lifetime_s=lifetime_s)
    tokens = {role: sign(role, [role]) for role in _STAFF}
    for role in _POSTS:
        tokens[role] = sign(_holder(roster.posts, role) or role, [role])
    units = _by_unit(roster.posts)
    first = set(islice(dict.fromkeys((*roster.nats_units, *units)), MOST_UNITS))
    for unit, posts in units.items():
        if unit not in first:
            continue
        if speaker := _speaker(posts):
            tokens[f"unit:{unit}"] = sign(speaker, ["unit"])
        if secretary := _holder(posts, "secretary"):
            tokens[f"secretary:{unit}"] = sign(secretary, ["secretary"])
    tokens["open311"] = secrets.open311_key
    return tokens


def service_roles(service: str) -> list[str]:
    """Return the roles of a service's own token; the notifier alone passes people's short replies on."""
    return ["service", "replies"] if service == "notifier" else ["service"]


def renew_service_tokens(secrets: Secrets) -> None:
    """Give each service a fresh token for the public HTTP of the others."""
    for service in SERVICES:
        roles = service_roles(service)
        token = issue(secrets.token_private_key, f"service:{service}", roles)
        secrets.store_service_token(service, token)


def nats_users(roster: Roster, secrets: Secrets) -> dict[str, NatsUser]:
    """Return how each unit (by code) and reader (`reader:<code>`) connects to NATS."""
    users = {}
    for code in roster.nats_units:
        users[code] = _user(secrets.seeds[f"unit_{code}"], unit_consumer(code))
    for reader in roster.readers:
        seed = secrets.seeds[f"reader_{reader.code}"]
        users[f"reader:{reader.code}"] = _user(seed, reader_consumer(reader.code, reader.area))
    return users


def _user(seed: str, durable: ConsumerSpec) -> NatsUser:
    return NatsUser(seed, JS_PREFIX, durable.stream, durable.name)


def _by_unit(posts: Iterable[PostEntry]) -> Mapping[str, list[PostEntry]]:
    units: dict[str, list[PostEntry]] = {}
    for post in posts:
        units.setdefault(post.unit, []).append(post)
    return units


def _holder(posts: Iterable[PostEntry], role: str) -> str | None:
    return next((post.person for post in posts if post.role == role), None)


def _speaker(posts: list[PostEntry]) -> str | None:
    return next((who for role in _SPEAKERS if (who := _holder(posts, role))), None)
