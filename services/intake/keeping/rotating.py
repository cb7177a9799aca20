"""Keys: proved when intake starts, taken up while it runs, and records moved from old ones to the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from kit.clock import business_now
from kit.db import LOST, Conn, Pool, reading, transaction
from kit.logging import get
from services.intake.complaint import Requester
from services.intake.keeping import store_keys as store
from services.intake.keeping.vault_keys import KeyRefusedError, VaultKeys, wrong
from services.intake.vault import Sealed, Vault

log = get(__name__)

BATCH: Final = 500
WATCH_S: Final = 1.0
"""How often a running intake looks whether there is a new key."""
Tell = Callable[[str, int, int], None]
_FIRST: Final = UUID(int=0)


async def prove(vault_pool: Pool, vault: Vault) -> None:
    """Check that every key used here is held and is the same. Raises KeyRefusedError, which names it."""
    async with reading(vault_pool) as conn:
        known = await store.proofs(conn)
        if not known:
            await _try_one(conn, vault)
        for version, proof in known.items():
            if vault.keys.proof(version) != proof:
                raise KeyRefusedError(wrong(version))
        await store.prove(
            conn, vault.keys.newest, vault.keys.proof(vault.keys.newest), await business_now(conn)
        )


async def _try_one(conn: Conn, vault: Vault) -> None:
    """Before any key was noted: a record that is there has to open."""
    row = await store.sample(conn)
    if row is None:
        return
    try:
        vault.open(str(row["complaint_id"]), row["key_version"], row["wrapped_key"], row["box"])
    except InvalidTag:
        raise KeyRefusedError(wrong(row["key_version"])) from None


def key_watcher(
    vault_pool: Pool, vault: Vault, read: Callable[[], VaultKeys]
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Take up keys that were added while intake runs, and let go of those taken away."""

    async def watch_keys() -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                keys = read()
                if keys != vault.keys:
                    await take_up(vault_pool, vault, keys)
            except ValueError as refused:
                log.warning("vault_keys_not_taken", error=type(refused).__name__)
            except LOST as error:
                log.warning("vault_keys_lost", error=type(error).__name__)

    return watch_keys


async def take_up(vault_pool: Pool, vault: Vault, keys: VaultKeys) -> None:
    """Seal with other keys from now on, once they are proved. Raises KeyRefusedError."""
    await prove(vault_pool, Vault(keys))
    vault.use(keys)
    log.info("vault_keys_taken", newest=keys.newest, versions=keys.versions)


async def rotate(vault_pool: Pool, vault: Vault, tell: Tell) -> int:
    """Move every record to the newest key, a batch a transaction; how many. Filing goes on meanwhile.

    Can be stopped and begun again: what was moved is not moved twice. Raises InvalidTag for a record that
    was tampered with.
    """
    await prove(vault_pool, vault)
    newest, moved = vault.keys.newest, 0
    async with reading(vault_pool) as conn:
        total = await store.behind(conn, newest)
    for step in (_requesters, _later_words):
        after: UUID | None = _FIRST
        while after is not None:
            async with transaction(vault_pool) as conn:
                count, after = await step(conn, vault, after)
            moved += count
            tell("rotate", moved, max(total, moved))
    return moved


async def behind(vault_pool: Pool, version: int) -> int:
    """How many records do not lie under this version yet."""
    async with reading(vault_pool) as conn:
        return await store.behind(conn, version)


async def _requesters(conn: Conn, vault: Vault, after: UUID) -> tuple[int, UUID | None]:
    rows = await store.older(conn, after, vault.keys.newest, BATCH)
    moved = [(row["complaint_id"], _moved(vault, row)) for row in rows]
    await store.rewrap(
        conn,
        [(one, s.key_version, s.wrapped_key, s.phone_index, s.tail) for one, s in moved],
    )
    return len(rows), rows[-1]["complaint_id"] if rows else None


async def _later_words(conn: Conn, vault: Vault, after: UUID) -> tuple[int, UUID | None]:
    rows = await store.older_later(conn, after, vault.keys.newest, BATCH)
    moved = [(row["word_id"], vault.again(str(row["word_id"]), _stored(row), None)) for row in rows]
    await store.rewrap_later(conn, [(one, s.key_version, s.wrapped_key) for one, s in moved])
    return len(rows), rows[-1]["word_id"] if rows else None


def _moved(vault: Vault, row: Mapping[str, Any]) -> Sealed:
    """Under the newest keys; the phone is found again only where it was before."""
    ident, sealed = str(row["complaint_id"]), _stored(row)
    phone = None
    if row["indexed"]:
        secret = vault.open(ident, sealed.key_version, sealed.wrapped_key, sealed.box)
        phone = Requester.model_validate(secret["requester"]).reach
    return vault.again(ident, sealed, phone)


def _stored(row: Mapping[str, Any]) -> Sealed:
    return Sealed(row["key_version"], row["wrapped_key"], row["box"])
