"""Identities that occur nowhere else, put into complaints, and a search for them wherever they must not be.

`bodies(seed, n)` are bodies of `POST /v1/complaints`; whoever they are is said in the requester, in the party
complained about and inside the resident's own words, in the spellings people use. All share roots that a
search knows without the seed. `search(info, data_dir)` names every place outside the vault that holds one.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import httpx

NAME: Final = "鸑鷟"
"""A bird of legend; nobody's name, no place's, and in no keyword."""
PHONE: Final = "1990713"
IDENTITY: Final = "37011219070713"
BANK: Final = "622207130713"
PLATE: Final = "鲁QX7"
ROOTS: Final = (NAME, PHONE, IDENTITY, BANK, PLATE)
_GIVEN: Final = "安宁远清和平康乐春夏秋冬山川江河"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_SPOKEN: Final = str.maketrans("0123456789", "零一二三四五六七八九")
_WIDE: Final = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_PLACES: Final = ("清潭街12号", "清潭街3号", "清潭街20号")
_MATTERS: Final = ("路灯坏了三天了", "井盖松动响了一夜", "垃圾堆在门口没人清")
_CHUNK: Final = 8 * 1024 * 1024
_OVERLAP: Final = 256


@dataclass(frozen=True, slots=True)
class Canary:
    """One made-up person."""

    name: str
    phone: str
    identity: str
    bank: str
    plate: str


def canaries(seed: int, count: int) -> list[Canary]:
    """The same for the same seed, no two alike within one."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, not secret
    tails = dice.sample(range(10_000), count)
    names = dice.sample([a + b for a in _GIVEN for b in _GIVEN], min(count, len(_GIVEN) ** 2))
    plates = dice.sample(
        [a + b + c for a in _LETTERS for b in _LETTERS for c in "0123456789"], count
    )
    return [
        Canary(
            NAME + names[place % len(names)],
            f"{PHONE}{tail:04d}",
            _with_check(f"{IDENTITY}{tail % 1_000:03d}"),
            _with_luhn(f"{BANK}{tail:06d}"),
            PLATE + plates[place],
        )
        for place, tail in enumerate(tails)
    ]


def bodies(seed: int, n: int) -> list[dict[str, Any]]:
    """`n` bodies to file, at most 10,000: every way in which a person can be in one, in turn."""
    people = canaries(seed, n)
    return [_body(place, one, people[place - 1]) for place, one in enumerate(people)]


def _body(place: int, one: Canary, other: Canary) -> dict[str, Any]:
    body: dict[str, Any] = {
        "channel": ("hotline", "wechat", "web")[place % 3],
        "kind": ("complaint", "help", "report")[place % 3],
        "title": f"{_MATTERS[place % 3]}（{one.name}）",
        "text": f"我是{one.name}，{_MATTERS[place % 3]}。{_said(place, one)}",
        "address": f"{_PLACES[place % 3]}（{one.phone}）",
        "requester": {"name": one.name, "phone": one.phone},
    }
    if place % 4 == 1:
        body["accused"] = other.name
        body["text"] += f"就是{other.name}干的。"
    if place % 4 == 2:
        body["requester"] = {
            "name": one.name, "phone": one.phone, "on_behalf_of": other.name,
            "resident_phone": other.phone, "spoken_with": other.name, "consent": True,
        }  # fmt: skip
        body["text"] += f"替{other.name}反映，电话{other.phone}。"
    if place % 4 == 3:
        body["confidential"] = True
    return body


def _said(place: int, one: Canary) -> str:
    phone = one.phone
    spellings = (
        f"电话{phone}",
        f"请打 {phone[:3]}-{phone[3:7]}-{phone[7:]}",
        f"手机{phone.translate(_WIDE)}",
        f"联系 +86 {phone[:3]} {phone[3:7]} {phone[7:]}",
        f"身份证{one.identity}",
        f"证件号 {one.identity[:6]} {one.identity[6:14]} {one.identity[14:]}",
        f"卡号{one.bank}",
        f"退到{' '.join(one.bank[n : n + 4] for n in range(0, len(one.bank), 4))}",
        f"{one.plate}堵门",
        f"电话{phone.translate(_SPOKEN)}",
    )
    return f"{spellings[place % len(spellings)]}，{spellings[(place * 7 + 3) % len(spellings)]}。"


def _with_check(body: str) -> str:
    """GB 11643-1999, reckoned apart from the product."""
    weights = [2 ** (17 - n) % 11 for n in range(17)]
    rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return body + "10X98765432"[rest]


def _with_luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


_PHONE_SAID: Final = r"199(?<![0-9a-fA-F]199)[ .-]?0713[ .-]?[0-9]{4}(?![0-9a-fA-F])"
"""With its ends: seven digits alone stand by chance in any million of random ids."""
_PARTED: Final = (r"370112[ -]?19070713[ -]?[0-9]{3}", r"6222[ -]?0713[ -]?0713")


def _spellings() -> list[str]:
    """The roots as text that could be nothing else: as such, full-width, spoken digit by digit."""
    numbers = (PHONE, IDENTITY, BANK)
    others = [number.translate(table) for number in numbers for table in (_WIDE, _SPOKEN)]
    return [NAME, PLATE, *others]


def _literals() -> list[bytes]:
    """The roots in bytes as they may lie anywhere: as such, in UTF-16, escaped, percent-encoded, in hex."""
    found = [text.encode().hex() for text in (*ROOTS, *_spellings())]
    for text in _spellings():
        found += ["".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text), quote(text)]
    ways = [way.encode() for one in found for way in (one, one.upper(), one.lower())]
    ways += [text.encode(code) for text in _spellings() for code in ("utf-8", "utf-16-le")]
    return list(dict.fromkeys(ways))


_LITERALS: Final = _literals()
_NUMBERS: Final = tuple(re.compile(one.encode()) for one in (_PHONE_SAID, *_PARTED))


def holds(piece: bytes) -> bool:
    """Whether a canary is in it, in any spelling."""
    return any(one in piece for one in _LITERALS) or any(one.search(piece) for one in _NUMBERS)


_IN_SQL: Final = "|".join(
    [
        *_spellings(),
        *(text.encode().hex() for text in (*ROOTS, *_spellings())),
        _PHONE_SAID,
        *_PARTED,
    ]
)


async def search(info: dict[str, Any], data_dir: Path) -> list[str]:
    """Where a canary is that must not be there; empty where every one stayed in the vault.

    Every file below the data directory as it lies there (broker store, database files and its log, logs,
    kept files, run.json), every row of every table outside the vault, what the services answer about
    themselves and show, and fresh exports. `info` is run.json.
    """
    found = [*await asyncio.to_thread(lambda: list(in_files(data_dir)))]
    found += await in_tables(info["postgres"])
    found += await _in_answers(info)
    return found + await _in_exports(data_dir)


def in_files(folder: Path) -> Iterator[str]:
    """Files that hold a canary."""
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and not path.is_symlink() and _holds(path):
                yield f"file {path.relative_to(folder)}"
        except (FileNotFoundError, PermissionError):
            continue  # a server renamed or removed it meanwhile


def _holds(path: Path) -> bool:
    with path.open("rb") as file:
        before = b""
        while piece := file.read(_CHUNK):
            if holds(before + piece):
                return True
            before = piece[-_OVERLAP:]
    return False


async def in_tables(dsn: str) -> list[str]:
    """Tables outside the vault with a row that holds one, whatever the type of its columns."""
    conn = await asyncpg.connect(dsn)
    try:
        tables = await conn.fetch(
            "select n.nspname as schema, c.relname as name from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'm') and n.nspname not in ('vault', 'information_schema')"
            " and n.nspname not like 'pg\\_%' order by 1, 2"
        )
        found = []
        for table in tables:
            place = f'"{table["schema"]}"."{table["name"]}"'
            statement = f"select count(*) from {place} t where t::text ~* $1"  # noqa: S608
            if rows := await conn.fetchval(statement, _IN_SQL):
                found.append(f"table {place}: {rows} rows")
        return found
    finally:
        await conn.close()


async def _in_answers(info: dict[str, Any]) -> list[str]:
    asked = [
        (name, path)
        for name in ("intake", "router", "notifier")
        for path in ("/metrics", "/v1/events")
    ]
    asked += [("router", "/v1/tickets?limit=200"), ("notifier", "/v1/notices")]
    asked += [("console", "/metrics"), ("console", "/")]
    head = {"Authorization": f"Bearer {info['tokens']['admin']}"}
    found = []
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for name, path in asked:
            answer = await client.get(f"{info[name]}{path}", headers=head)
            if holds(answer.content):
                found.append(f"answer {name} {path}")
    return found


async def _in_exports(data_dir: Path) -> list[str]:
    wanted = ("complaints.csv", "tickets.csv", "events.ndjson")
    with tempfile.TemporaryDirectory() as folder:
        failed = await asyncio.gather(*(_export(f"{folder}/{name}", data_dir) for name in wanted))
        found = await asyncio.to_thread(lambda: list(in_files(Path(folder))))
    return [*filter(None, failed), *(f"export {hit}" for hit in found)]


async def _export(out: str, data_dir: Path) -> str | None:
    """What went wrong, if anything: an export that was not made proves nothing."""
    words = ["export", Path(out).stem, "--fresh", "--out", out, "--data-dir", str(data_dir)]
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chuishao", *words, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await run.communicate()
    return f"export failed: {said.decode()[-300:]}" if run.returncode else None
