"""Fifty units and two readers, every ordered pair, every attack of D.7 #24 to #30: nothing gets through.

And each attack would be seen if it did: with accounts spoilt on purpose, every one of them is reported.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import permutations
from pathlib import Path
from typing import Final

import pytest

from contracts.directory import Reader
from contracts.topology import JS_PREFIX
from kit.accounts import CITY, SYSTEM
from tests.support import servers
from tests.support.arena import offices
from tests.support.attacks import PREFIXES, attacks
from tests.support.leaks import READER_AREAS
from tests.support.matrix import Matrix

UNITS: Final = 50
LEAST_PER_PAIR: Final = 50
"""Attacks that name the other office; those that do not are made once by each office."""
SPOILT_UNITS: Final = 2
REFUSED_ANYWHERE: Final = {"pull to $JS.ACK.TICKETS", "pull to $JS.ACK.ESCALATIONS"}
"""nats-server 2.15 sends no refusal to an acknowledgement's subject, whoever asks."""
Spoil = Callable[[str, dict[str, str]], str]


@asynccontextmanager
async def arena(units: int, spoil: Spoil = lambda text, _: text) -> AsyncIterator[Matrix]:
    """A server with so many units, two readers, and messages for each of them."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-pairs-"))
    everybody = offices(units)
    codes = tuple(office.code for office in everybody if not office.reader)
    readers = tuple(
        Reader(code=code, name=code, kind="dashboard", area=area)
        for code, area in READER_AREAS.items()
    )
    async with servers.broker(folder, codes, readers, spoil=spoil) as broker:
        matrix = Matrix(broker, everybody)
        try:
            await matrix.open()
            yield matrix
        finally:
            await matrix.close()
    shutil.rmtree(folder, ignore_errors=True)


async def test_no_office_reaches_what_is_anothers(capsys: pytest.CaptureFixture[str]) -> None:
    """D.7 #24, #25, #26, #27, #28, #29, #30: 2,450 ordered pairs of units, and the readers'."""
    async with arena(UNITS) as matrix:
        await matrix.listen()
        await matrix.attack()
    count = len(matrix.offices)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{count * (count - 1)} ordered pairs ({UNITS * (UNITS - 1)} of units),"
            f" {matrix.tried} attacks, {len(matrix.leaks)} leaks\n"
        )
    assert matrix.leaks == []
    assert matrix.tried > LEAST_PER_PAIR * count * (count - 1)


def one_account(_: str, keys: dict[str, str]) -> str:
    """Everybody in the city's account, without permissions, and the system's questions open to it."""
    users = "\n".join(f"{{ nkey: {key} }}" for user, key in keys.items() if user != "sys")
    renamed = "\n".join(f'"{prefix}.>": "$JS.API.>"' for prefix in PREFIXES[1:])
    return f"""
    system_account: {SYSTEM}
    accounts {{
      {SYSTEM} {{
        users = [ {{ nkey: {keys["sys"]} }} ]
        exports = [ {{ service: "$SYS.REQ.SERVER.>" }}, {{ service: "$SYS.REQ.ACCOUNT.>" }} ]
      }}
      {CITY} {{
        jetstream: enabled
        users = [ {users} ]
        mappings = {{ {renamed} }}
        imports = [
          {{ service: {{ account: {SYSTEM}, subject: "$SYS.REQ.SERVER.>" }} }}
          {{ service: {{ account: {SYSTEM}, subject: "$SYS.REQ.ACCOUNT.>" }} }}
        ]
      }}
    }}
    """


def loose_acknowledgements(text: str, _: dict[str, str]) -> str:
    """What reliability.md B.10 asks for: a wildcard where the next form has domain and hash."""
    return text.replace("$JS.ACK._.*.", "$JS.ACK.*.*.").replace(".*.*.*.*.>", ".>")


def shared_inboxes(_: str, keys: dict[str, str]) -> str:
    """Allow-lists inside one account, with the usual grant for replies (reliability.md D.2)."""
    lines = []
    for user, key in keys.items():
        own = ", ".join(
            f'"{prefix}.CONSUMER.{verb}.*.{user}"'
            for prefix in (JS_PREFIX, "$JS.API")
            for verb in ("INFO", "MSG.NEXT")
        )
        grant = f'publish: {{ allow: [{own}] }}, subscribe: {{ allow: ["_INBOX.>"] }}'
        office = user.startswith(("unit_", "reader_"))
        rights = f", permissions: {{ {grant} }}" if office else ""
        lines.append(f"{{ nkey: {key}{rights} }}")
    users = "\n".join(lines)
    return f"""
    accounts {{
      {CITY} {{
        jetstream: enabled
        users = [ {users} ]
        mappings = {{ "{JS_PREFIX}.>": "$JS.API.>" }}
      }}
    }}
    """


async def test_every_attack_would_be_seen_if_it_worked() -> None:
    """The negative control: in one account all of them work, and all of them are reported."""
    async with arena(SPOILT_UNITS, one_account) as matrix:
        await matrix.listen()
        await matrix.attack()
    tried = {a.name for pair in permutations(matrix.offices, 2) for a in attacks(*pair)}
    assert tried - {leak.attack for leak in matrix.leaks} <= REFUSED_ANYWHERE
    assert "listen" in {leak.attack for leak in matrix.leaks}


async def test_a_grant_of_replies_to_everybody_would_be_seen() -> None:
    async with arena(SPOILT_UNITS, shared_inboxes) as matrix:
        await matrix.listen()
    heard = [leak for leak in matrix.leaks if leak.attack == "listen" and leak.where == "U-01"]
    assert any("kept secret of U-00" in leak.seen for leak in heard)


async def test_a_wildcard_in_a_grant_of_acknowledgements_would_be_seen() -> None:
    """D.7 #29: behind it lies the older form of somebody else's, and `+NXT` fetches there."""
    async with arena(SPOILT_UNITS, loose_acknowledgements) as matrix:
        await matrix.attack()
    caught = {leak.attack for leak in matrix.leaks}
    assert {"+NXT mine behind theirs", "+TERM mine behind theirs", "fetched", "state"} <= caught
