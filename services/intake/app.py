"""Composition root of intake: the only place that constructs its pools, broker and loops."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from contracts.topology import INTAKE_DIRECTORY, INTAKE_TICKETS
from kit.attachments.shelf import Shelf
from kit.attachments.storage import open_storage
from kit.attachments.sweeping import attachment_sweeper
from kit.db import create_pool
from kit.http import Shared
from kit.parts import Parts as DirectoryParts
from kit.plumbing import open_plumbing
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.intake import consumers
from services.intake.actions import Archive
from services.intake.advising import Adviser, adviser_client
from services.intake.api import make_app
from services.intake.callback import Policy
from services.intake.calling import CallDesk
from services.intake.directory import PARTS, Codes, Holder
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
    plumbing = await open_plumbing(settings, SERVICE)
    vault_pool = await create_pool(
        settings.vault_dsn, settings.vault_password.get_secret_value(), "vault", size=2
    )
    vault = Vault(settings.vault_key.get_secret_value(), settings.phone_key.get_secret_value())
    holder = Holder()
    directory = DirectoryParts(plumbing.pool, settings, names=PARTS, build=Codes.of, use=holder.use)
    plumbing.project(INTAKE_TICKETS, consumers.on_ticket_events)
    plumbing.project(INTAKE_DIRECTORY, consumers.on_directory_published(directory))
    checks = {"database": plumbing.database_answers, "directory": directory.known}
    registrar = Registrar(plumbing.pool, plumbing.relay, vault)
    archive = Archive(vault_pool, vault)
    matters = Matters(plumbing.pool, plumbing.relay, archive, holder)
    policy = Policy(settings.callback_tries, timedelta(hours=settings.callback_gap_h))
    token = settings.service_token.get_secret_value() if settings.service_token else ""
    router = adviser_client(settings.router_url, token)
    later_words = LaterWords(matters, registrar)
    shelf = Shelf(plumbing.pool, open_storage(settings, SERVICE))
    app = make_app(
        Shared(SERVICE, plumbing.pool, plumbing.verifier, checks),
        registrar=registrar,
        holder=holder,
        archive=archive,
        searcher=Searcher(plumbing.pool, vault),
        call_desk=CallDesk(matters, policy),
        later_words=later_words,
        visits=Visits(plumbing.pool, vault),
        adviser=Adviser(router),
        address_header=settings.client_address_header,
        partners=PartnerDesk(plumbing.pool, holder, registrar, later_words, Promises(router)),
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
            broker=plumbing.broker,
            relay=plumbing.relay,
            client=plumbing.client,
            deliveries=plumbing.deliveries,
            loops=(*plumbing.loops, directory.run, attachment_sweeper(shelf)),
            close=(router.aclose, vault_pool.close, plumbing.pool.close),
        )
    )
