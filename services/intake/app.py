"""Composition root of intake: the only place that constructs its pools, broker and loops."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import orjson

from contracts.topology import INTAKE_DIRECTORY, INTAKE_TICKETS
from kit.attachments.shelf import Shelf
from kit.attachments.storage import open_storage
from kit.attachments.sweeping import attachment_sweeper
from kit.db import create_pool
from kit.http import Shared
from kit.logging import configure
from kit.parts import Parts as DirectoryParts
from kit.plumbing import open_people_pool, open_plumbing
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.intake import consumers
from services.intake.actions import Archive
from services.intake.advising import Adviser, adviser_client
from services.intake.api import make_app
from services.intake.callback import Policy
from services.intake.calling import CallDesk
from services.intake.crowding import Callers
from services.intake.directory import PARTS, Codes, Holder
from services.intake.keeping import rotating
from services.intake.keeping.erasing import Eraser, retention_keeper
from services.intake.keeping.retention import terms
from services.intake.keeping.revealing import Reveals
from services.intake.keeping.vault_keys import VaultKeys
from services.intake.matters import Matters
from services.intake.open311.api import Door
from services.intake.open311.desk import PartnerDesk
from services.intake.open311.partner import Keyring
from services.intake.open311.promises import Promises
from services.intake.registrar import Registrar
from services.intake.saying import LaterWords
from services.intake.searching import Searcher
from services.intake.settings import IntakeSettings
from services.intake.vault import Vault
from services.intake.visiting import Visits

SERVICE: Final = "intake"


async def main() -> None:
    """Run intake until a signal."""
    settings = IntakeSettings(_secrets_dir=secrets_dir())
    keys = settings.vault_keys()
    plumbing = await open_plumbing(settings, SERVICE)
    vault_pool = await create_pool(
        settings.vault_dsn, settings.vault_password.get_secret_value(), "vault", size=2
    )
    people = await open_people_pool(settings, SERVICE)
    vault = Vault(keys)
    await rotating.prove(vault_pool, vault)
    holder = Holder()
    directory = DirectoryParts(plumbing.pool, settings, names=PARTS, build=Codes.of, use=holder.use)
    plumbing.project(INTAKE_TICKETS, consumers.on_ticket_events)
    plumbing.project(INTAKE_DIRECTORY, consumers.on_directory_published(directory))
    checks = {"database": plumbing.database_answers, "directory": directory.known}
    registrar = Registrar(plumbing.pool, plumbing.relay, vault)
    callers = Callers(vault, settings.caller_per_hour)
    archive = Archive(vault_pool, vault)
    matters = Matters(plumbing.pool, plumbing.relay, archive, holder)
    policy = Policy(settings.callback_tries, timedelta(hours=settings.callback_gap_h))
    token = settings.service_token.get_secret_value() if settings.service_token else ""
    router = adviser_client(settings.router_url, token)
    later_words = LaterWords(matters, registrar)
    shelf = Shelf(plumbing.pool, open_storage(settings, SERVICE))
    eraser = Eraser(plumbing.pool, shelf, terms(settings.retention))
    app = make_app(
        Shared(SERVICE, plumbing.pool, plumbing.verifier, checks, rates=settings.rates()),
        people=people,
        registrar=registrar,
        callers=callers,
        holder=holder,
        searcher=Searcher(plumbing.pool, people, vault),
        call_desk=CallDesk(matters, policy),
        later_words=later_words,
        visits=Visits(plumbing.pool, vault),
        reveals=Reveals(plumbing.pool, archive, holder, settings.reveals_per_hour),
        eraser=eraser,
        adviser=Adviser(router),
        address_header=settings.client_address_header,
        partners=PartnerDesk(
            plumbing.pool, holder, registrar, callers, later_words, Promises(router)
        ),
        partner_door=Door(
            Keyring.parse(settings.open311_keys.get_secret_value()),
            settings.open311_jurisdiction,
            settings.open311_public,
        ),
        shelf=shelf,
    )
    await serve(
        Parts(
            app,
            settings.http_host,
            settings.http_port,
            connections=settings.http_connections,
            wait_s=settings.wait_s,
            broker=plumbing.broker,
            relay=plumbing.relay,
            client=plumbing.client,
            deliveries=plumbing.deliveries,
            pool=plumbing.pool,
            pulse=plumbing.pulse,
            loops=(
                *plumbing.loops,
                directory.run,
                attachment_sweeper(shelf),
                retention_keeper(eraser),
                rotating.key_watcher(vault_pool, vault, _keys_now),
            ),
            close=(router.aclose, vault_pool.close, people.close, plumbing.pool.close),
        )
    )


async def once(words: Sequence[str]) -> None:
    """Do one thing to the vault and end: `vault status` or `vault rotate`; JSON lines on stdout.

    Raises KeyRefusedError, which names the key that is missing or wrong.
    """
    if list(words) not in (["vault", "status"], ["vault", "rotate"]):
        raise SystemExit("vault status | vault rotate")
    settings = IntakeSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level="WARNING", form="console")
    password = settings.vault_password.get_secret_value()
    vault = Vault(settings.vault_keys())
    pool = await create_pool(settings.vault_dsn, password, "vault", size=1)
    try:
        await rotating.prove(pool, vault)
        newest, moved = vault.keys.newest, 0
        if words[1] == "rotate":
            moved = await rotating.rotate(pool, vault, lambda *said: _line({"progress": said}))
        left = await rotating.behind(pool, newest)
        _line({"result": {"newest": newest, "moved": moved, "behind": left}})
    finally:
        await pool.close()


def _line(said: dict[str, Any]) -> None:
    sys.stdout.write(f"{orjson.dumps(said).decode()}\n")
    sys.stdout.flush()


def _keys_now() -> VaultKeys:
    """As they stand in the secrets folder now."""
    return IntakeSettings(_secrets_dir=secrets_dir()).vault_keys()
