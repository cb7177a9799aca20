"""Every SQL constant of every store prepares on the migrated schema: no wrong column, no wrong type."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import asyncpg
import pytest

import kit
import services
from tests.support.servers import Database


def _statements() -> Iterator[tuple[str, str, str]]:
    for package in (kit, services):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.ispkg or found.name.endswith("__main__"):
                continue
            module = importlib.import_module(found.name)
            for name, text in vars(module).items():
                if name.startswith("SQL_") and isinstance(text, str):
                    schema = found.name.split(".")[1] if package is services else "router"
                    yield schema, f"{found.name}.{name}", text


STATEMENTS = list(_statements())


def test_there_are_statements_to_prepare() -> None:
    assert len(STATEMENTS) > 40


@pytest.mark.parametrize(
    ("schema", "text"), [(s[0], s[2]) for s in STATEMENTS], ids=[s[1] for s in STATEMENTS]
)
async def test_prepares(database: Database, schema: str, text: str) -> None:
    conn = await asyncpg.connect(database.dsn(), server_settings={"search_path": schema})
    try:
        await conn.prepare(text)
    finally:
        await conn.close()


async def test_a_wrong_column_is_found(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn(), server_settings={"search_path": "router"})
    with pytest.raises(asyncpg.UndefinedColumnError):
        await conn.prepare("select no_such_column from ticket")
    await conn.close()
