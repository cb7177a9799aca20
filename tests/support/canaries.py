"""A search for identities wherever they must not be; the people are those of canary_people.py.

`bodies(seed, n)` are bodies of `POST /v1/complaints`; whoever they are is said in the requester, in the party
complained about and inside the resident's own words, in the spellings people use. All share roots that a
search knows without the seed. `search(info, data_dir)` names every place outside the vault that holds one.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import httpx

from tests.support.canary_people import (
    BANK,
    IDENTITY,
    NAME,
    PHONE,
    PLATE,
    ROOTS,
    SPOKEN,
    WIDE,
    bodies,
    canaries,
)

__all__ = ["bodies", "canaries", "holds", "in_files", "in_tables", "search"]

_CHUNK: Final = 8 * 1024 * 1024
_OVERLAP: Final = 256
_PHONE_SAID: Final = r"199(?<![0-9a-fA-F]199)[ .-]?0713[ .-]?[0-9]{4}(?![0-9a-fA-F])"
"""With its ends: seven digits alone stand by chance in any million of random ids."""
_PARTED: Final = (r"370112[ -]?19070713[ -]?[0-9]{3}", r"6222[ -]?0713[ -]?0713")


def _spellings() -> list[str]:
    """The roots as text that could be nothing else: as such, full-width, spoken digit by digit."""
    numbers = (PHONE, IDENTITY, BANK)
    others = [number.translate(table) for number in numbers for table in (WIDE, SPOKEN)]
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


_TABLES: Final = """
select c.oid::regclass::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname not in ('vault', 'information_schema')
    and n.nspname not like 'pg\\_%'
order by 1
"""
_ANSWERS: Final = (
    *(
        (name, path)
        for name in ("intake", "router", "notifier")
        for path in ("/metrics", "/v1/events")
    ),
    ("router", "/v1/tickets?limit=100"),
    ("notifier", "/v1/notices"),
    ("console", "/metrics"),
    ("console", "/api/v1/wall?area=370105"),
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
        found = []
        for table in [row[0] for row in await conn.fetch(_TABLES)]:
            statement = f"select count(*) from {table} t where t::text ~* $1"  # noqa: S608
            if rows := await conn.fetchval(statement, _IN_SQL):
                found.append(f"table {table}: {rows} rows")
        return found
    finally:
        await conn.close()


async def _in_answers(info: dict[str, Any]) -> list[str]:
    head = {"Authorization": f"Bearer {info['tokens']['admin']}"}
    found = []
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for name, path in _ANSWERS:
            answer = await client.get(f"{info[name]}{path}", headers=head)
            if answer.is_error or holds(answer.content):
                found.append(f"answer {name} {path}: {answer.status_code}")
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
