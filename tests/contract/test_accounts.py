"""Who may say and hear what on NATS: allow-lists, one account per office, nobody with everything."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import nkeys
import pytest

from chuishao.embedded.nats import binary
from contracts.catalog import OWNER_OF
from contracts.listeners import READER_LIVE, covers, overlap
from contracts.topology import (
    CONSUMERS,
    ECHOES,
    ConsumerSpec,
    every,
    reader_consumer,
    unit_consumer,
)
from kit.accounts import (
    CITY,
    OPS_USER,
    OWN_RIGHTS,
    RELAY_USERS,
    SERVICE_USERS,
    SYSTEM,
    render_accounts,
    users,
)
from tests.support.natsconf import parse


@dataclass(frozen=True, slots=True)
class Reader:
    code: str
    area: str


UNITS = ("SQ-1", "WY-08")
READERS = (Reader("HALL", "370105"), Reader("BOARD", "370105001"))
FOLLOWERS = {*(f"unit_{unit}" for unit in UNITS), *(f"reader_{reader.code}" for reader in READERS)}


def public_key() -> str:
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    return str(nkeys.from_seed(bytearray(seed)).public_key.decode())


KEYS = {user: public_key() for user in users(UNITS, READERS)}
TEXT = render_accounts(UNITS, READERS, KEYS)
CONFIG = parse(TEXT)
ACCOUNTS: dict[str, Any] = CONFIG["accounts"]
NAME_OF = {key: user for user, key in KEYS.items()}
CITY_USERS = {NAME_OF[user["nkey"]]: user.get("permissions") for user in ACCOUNTS[CITY]["users"]}


def allowed(user: str, verb: str) -> list[str]:
    found: list[str] = CITY_USERS[user][verb].get("allow", [])
    return found


def imports(account: str) -> set[tuple[str, str, str | None]]:
    """(kind, subject in the city, name at home) of everything an account imports."""
    found = set()
    for line in ACCOUNTS[account]["imports"]:
        (kind,) = line.keys() - {"to"}
        assert line[kind]["account"] == CITY
        found.add((kind, line[kind]["subject"], line.get("to")))
    return found


def test_the_real_server_accepts_the_text(tmp_path: Path) -> None:
    file = tmp_path / "accounts.conf"
    wrong = TEXT.replace(KEYS["intake"], "UNOTAKEY"), TEXT.replace("imports = [", "imports = {", 1)
    for text, accepted in ((TEXT, True), *((text, False) for text in wrong)):
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [binary(), "-t", "-c", file], capture_output=True, text=True, check=False, timeout=20
        )
        assert (done.returncode == 0) is accepted, done.stderr


def test_everybody_has_exactly_one_key_in_exactly_one_account() -> None:
    listed = [user["nkey"] for account in ACCOUNTS.values() for user in account["users"]]
    assert sorted(listed) == sorted(KEYS.values())
    assert set(CITY_USERS) == {OPS_USER, *SERVICE_USERS, *RELAY_USERS}
    assert set(ACCOUNTS) == {CITY, SYSTEM, *FOLLOWERS}
    assert CONFIG["system_account"] == SYSTEM


def test_nobody_but_ops_may_do_everything() -> None:
    for user, permissions in CITY_USERS.items():
        if user == OPS_USER:
            assert permissions is None
            continue
        for verb in ("publish", "subscribe"):
            subjects = allowed(user, verb)
            assert list(permissions[verb]) == ["allow"]
            assert subjects
            for subject in subjects:
                assert subject.split(".")[0] not in ("*", ">"), (user, subject)
                assert not covers(subject, "$JS.API.STREAM.CREATE.X")
                assert not covers(subject, "$SYS.REQ.SERVER.PING")


@pytest.mark.parametrize("user", RELAY_USERS)
def test_a_relay_publishes_its_services_nouns_and_asks_what_became_of_them(user: str) -> None:
    service = user.removesuffix("-relay")
    asks = {
        subject
        for echo in ECHOES[service]
        for subject in (
            f"$JS.API.STREAM.INFO.{echo.stream}",
            f"$JS.API.CONSUMER.RESET.{echo.stream}.{echo.name}",
            f"$JS.API.CONSUMER.MSG.NEXT.{echo.stream}.{echo.name}",
        )
    }
    nouns = {every(noun) for noun, owner in OWNER_OF.items() if owner == service}
    assert set(allowed(user, "publish")) == nouns | asks | {OWN_RIGHTS}
    assert allowed(user, "subscribe") == [f"_INBOX_{user}.>"]


def test_every_noun_can_be_published_by_exactly_one_user() -> None:
    for noun, owner in OWNER_OF.items():
        able = [
            user
            for user in CITY_USERS
            if user != OPS_USER and any(overlap(s, every(noun)) for s in allowed(user, "publish"))
        ]
        assert able == [f"{owner}-relay"]


@pytest.mark.parametrize("user", SERVICE_USERS)
def test_a_service_reads_and_acknowledges_its_own_durables_and_publishes_no_event(
    user: str,
) -> None:
    wanted = {
        subject
        for spec in CONSUMERS
        if spec.name.startswith(f"{user}-")
        for subject in (
            f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.name}",
            f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.name}",
            f"$JS.ACK.{spec.stream}.{spec.name}.*.*.*.*.*",
            f"$JS.ACK._.*.{spec.stream}.{spec.name}.*.*.*.*.>",
        )
    }
    answers = {"_R_.>"} if user == "router" else set()
    assert set(allowed(user, "publish")) == wanted | answers | {OWN_RIGHTS}
    hears = {f"_INBOX_{user}.>"}
    hears |= {"cmd.*.*"} if user == "router" else set()
    assert set(allowed(user, "subscribe")) == hears


def test_nobody_can_read_anothers_replies() -> None:
    inboxes = {
        user: [s for s in allowed(user, "subscribe") if s.startswith("_INBOX")]
        for user in CITY_USERS
        if user != OPS_USER
    }
    assert all(len(own) == 1 for own in inboxes.values())
    for (one, mine), (other, theirs) in combinations(inboxes.items(), 2):
        assert not overlap(mine[0], theirs[0]), (one, other)


def heard_by_the_server(spec: ConsumerSpec) -> tuple[str, ...]:
    """Where nats-server 2.15 listens for one durable: its API and both forms of acknowledgement."""
    return (
        f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.name}",
        f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.name}",
        f"$JS.ACK.{spec.stream}.{spec.name}.*.*.*.*.*",
        f"$JS.ACK.*.*.{spec.stream}.{spec.name}.*.*.*.*.>",
    )


def test_no_grant_reaches_a_durable_of_somebody_else_whatever_is_put_into_its_wildcards() -> None:
    """D.7 #29: `$JS.ACK.*.*.S.mine.>` also holds `$JS.ACK.S.theirs.S.mine.1.2.3`, and there `+NXT` fetches."""
    durables = [(f"unit_{unit}", unit_consumer(unit)) for unit in UNITS]
    durables += [(f"reader_{r.code}", reader_consumer(r.code, r.area)) for r in READERS]
    durables += [(spec.name.split("-")[0], spec) for spec in CONSUMERS]
    grants = {name: [subject for _, subject, _ in imports(name)] for name in FOLLOWERS}
    grants |= {user: allowed(user, "publish") for user in SERVICE_USERS}
    for who, subjects in grants.items():
        for owner, spec in durables:
            reached = [
                (mine, theirs)
                for mine in subjects
                for theirs in heard_by_the_server(spec)
                if overlap(mine, theirs)
            ]
            assert bool(reached) is (who == owner), (who, owner, reached)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_imports_exactly_what_the_product_lists(unit: str) -> None:
    durable = f"TICKETS.unit_{unit}"
    assert imports(f"unit_{unit}") == {
        ("service", f"$JS.API.CONSUMER.INFO.{durable}", f"JS.city.CONSUMER.INFO.{durable}"),
        ("service", f"$JS.API.CONSUMER.MSG.NEXT.{durable}", f"JS.city.CONSUMER.MSG.NEXT.{durable}"),
        ("service", f"$JS.ACK.{durable}.*.*.*.*.*", None),
        ("service", f"$JS.ACK._.*.{durable}.*.*.*.*.>", None),
        ("service", f"cmd.*.{unit}", None),
        ("stream", f"ticket.*.{unit}.>", None),
        ("stream", f"whistle.*.{unit}.>", None),
        ("stream", f"clock.*.{unit}.>", None),
    }


@pytest.mark.parametrize(
    ("reader", "below"), [(READERS[0], "370105.*.*.*"), (READERS[1], "370105.001.*.*")]
)
def test_a_reader_imports_its_durable_and_what_happens_below_its_area(
    reader: Reader, below: str
) -> None:
    durable = f"ESCALATIONS.reader_{reader.code}"
    found = imports(f"reader_{reader.code}")
    assert {(kind, subject) for kind, subject, _ in found if kind == "stream"} == {
        ("stream", f"{noun}.*.*.{below}") for noun in READER_LIVE
    }
    assert {subject for kind, subject, _ in found if kind == "service"} == {
        f"$JS.API.CONSUMER.INFO.{durable}",
        f"$JS.API.CONSUMER.MSG.NEXT.{durable}",
        f"$JS.ACK.{durable}.*.*.*.*.*",
        f"$JS.ACK._.*.{durable}.*.*.*.*.>",
    }


def test_what_one_office_imports_is_exported_to_it_alone() -> None:
    exported = set()
    for line in ACCOUNTS[CITY]["exports"]:
        (kind,) = line.keys() - {"accounts", "response_type"}
        (account,) = line["accounts"]
        exported.add((account, kind, line[kind]))
    wanted = {(name, kind, subject) for name in FOLLOWERS for kind, subject, _ in imports(name)}
    assert exported == wanted


def test_an_office_has_one_user_and_no_exports_and_no_streams_of_its_own() -> None:
    for name in FOLLOWERS:
        assert ACCOUNTS[name].keys() == {"users", "imports", "limits"}
        assert {"max_conn", "max_subs", "max_payload"} == ACCOUNTS[name]["limits"].keys()
        (user,) = ACCOUNTS[name]["users"]
        assert NAME_OF[user["nkey"]] == name


def test_a_user_without_a_key_is_noticed_before_anything_is_written() -> None:
    for user in KEYS:
        with pytest.raises(KeyError, match=user):
            render_accounts(UNITS, READERS, {k: v for k, v in KEYS.items() if k != user})


def test_a_city_without_offices_has_no_exports() -> None:
    accounts = parse(render_accounts((), (), KEYS))["accounts"]
    assert accounts[CITY]["exports"] == []
    assert set(accounts) == {CITY, SYSTEM}
