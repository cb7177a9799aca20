"""`chuishao up`: servers, schemas, directory and services, from nothing to ready, and back down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from chuishao import broker, ports, runfile
from chuishao.channels import keep_channels_file
from chuishao.database import bring_up_to_date
from chuishao.directory import SAMPLE_DIRECTORY
from chuishao.dsn import Dsn
from chuishao.embedded.nats import EmbeddedNats
from chuishao.embedded.postgres import EmbeddedPostgres
from chuishao.files import make_private_dir
from chuishao.installation import Installation
from chuishao.keeper import Followed, keep
from chuishao.leftovers import end_leftovers
from chuishao.lock import hold
from chuishao.process import ProcessSpec, Restart
from chuishao.runfile import RunInfo
from chuishao.screen import Screen
from chuishao.secrets import OPS_USER, SUPERUSER, Secrets, seed_file
from chuishao.signins import nats_users, renew_service_tokens, sign_in_tokens
from chuishao.supervisor import Supervisor
from chuishao.tasks import together
from kit.ending import cancel
from kit.nats_tls import ServerTls


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The flags of `chuishao up`. `nats` and `postgres` name servers we do not start."""

    data_dir: Path
    directory: Path = SAMPLE_DIRECTORY
    port_base: int = ports.DEFAULT_BASE
    sample: bool = True
    simulated: bool = False
    replicas: Mapping[str, int] = field(default_factory=dict)
    nats: str | None = None
    postgres: str | None = None


async def run(options: UpOptions, screen: Screen) -> None:
    """Bring everything up, say so, and stay until somebody wants us to stop.

    Raises DataDirectoryInUseError, StartError and the errors of a refused directory, migration or
    provisioning; whatever was started by then is stopped first.
    """
    data_dir = make_private_dir(options.data_dir.resolve())
    with hold(data_dir):
        runfile.remove(data_dir)
        for name in end_leftovers(data_dir):
            screen.say(f"上次运行遗留的进程已结束 / ended a leftover of the last run: {name}")
        session = _Session(options, data_dir, screen)
        session.supervisor.listen_to_signals()
        work = asyncio.create_task(session.bring_up())
        asked = asyncio.create_task(session.supervisor.asked_to_stop())
        try:
            await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                await asked
        finally:
            work.cancel()
            asked.cancel()
            screen.say("正在停止… / stopping…")
            await asyncio.gather(work, asked, return_exceptions=True)
            await session.end_keeper()
            await session.supervisor.stop()
            runfile.remove(data_dir)


class _Session:
    """One `up`, from the chosen ports to the written run.json."""

    def __init__(self, options: UpOptions, data_dir: Path, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._say = screen.say
        self._data_dir = data_dir
        self._info: RunInfo | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.supervisor = Supervisor(data_dir, screen.say, self._write_pids)
        self._followed = Followed(options.directory)
        self._roster = self._followed.roster
        self._secrets = Secrets.load_or_create(
            data_dir,
            units=self._roster.nats_units,
            readers=[reader.code for reader in self._roster.readers],
        )
        self._ports = ports.choose(options.port_base, options.replicas)
        self._postgres = EmbeddedPostgres(
            data_dir / "postgres",
            self._ports["postgres"],
            self._secrets.passwords[SUPERUSER],
            data_dir / "log" / "postgres.log",
        )
        self._nats = EmbeddedNats(
            data_dir / "nats",
            self._ports["nats"],
            self._ports["nats_monitor"],
            data_dir / "log" / "nats.log",
            tls=ServerTls.from_environment(),
        )
        self._place = Installation(
            data_dir,
            self._ports,
            self._secrets,
            Dsn.parse(options.postgres or self._postgres.dsn()),
            options.nats or self._nats.url,
        )

    async def bring_up(self) -> None:
        """Start all, write run.json and say so; then replay the sample the first time."""
        renew_service_tokens(self._secrets)
        keep_channels_file(self._data_dir)
        await together(self._database(), self._broker())
        self._say("启动各服务 / starting the services")
        await self.supervisor.start(*self._place.specs(self._options.replicas))
        self._info = self._run_info()
        self._screen.ready(self._info, self._info.write(self._data_dir))
        if self._options.sample and _is_sample(self._options.directory):
            from chuishao.replay import replay_once

            await replay_once(self._info, self._data_dir, self._screen)

    async def _database(self) -> None:
        if self._options.postgres is None:
            self._say("启动 PostgreSQL / starting PostgreSQL")
            await self.supervisor.start(self._postgres.spec())
        applied = await bring_up_to_date(
            self._place.admin, self._secrets, simulated=self._options.simulated
        )
        if applied:
            self._say(f"数据库迁移 / migrations applied: {len(applied)}")
        await self._load_directory()

    async def _broker(self) -> None:
        broker.write_accounts(self._data_dir, self._roster, self._secrets)
        if self._options.nats is None:
            self._say("启动 nats-server / starting nats-server")
            await self.supervisor.start(self._nats.spec())
        await broker.provision(self._place.nats_url, self._roster, self._secrets)
        self._keeper = asyncio.create_task(
            keep(
                self._place.nats_url,
                self._followed,
                seed_file(self._secrets.root, OPS_USER),
                self._say,
            )
        )

    async def _load_directory(self) -> None:
        self._say(f"载入城市名录 / loading the directory {self._options.directory}")
        place = self._place
        await self.supervisor.finish(
            ProcessSpec(
                name="directory",
                argv=place.command("router", "load", str(self._options.directory.resolve())),
                log=place.log("directory"),
                env=place.environment("router"),
                restart=Restart.NEVER,
            )
        )

    def _run_info(self) -> RunInfo:
        place, secrets = self._place, self._secrets
        admin = place.admin
        database = (
            admin.text(database=admin.our_database)
            if self._options.postgres
            else self._postgres.tcp_dsn(SUPERUSER, admin.password, admin.our_database)
        )
        return RunInfo(
            console=place.url("console"),
            intake=place.url("intake"),
            router=place.url("router"),
            notifier=place.url("notifier"),
            nats=place.nats_url,
            postgres=database,
            tokens=sign_in_tokens(self._roster, secrets),
            nats_users=nats_users(self._roster, secrets),
            pids=self.supervisor.pids,
        )

    async def end_keeper(self) -> None:
        """Nothing is put back any more."""
        if self._keeper is not None:
            await cancel({self._keeper})

    def _write_pids(self) -> None:
        """Renew run.json, keeping what other commands wrote into it meanwhile: new units, new keys."""
        if self._info is not None:
            with suppress(runfile.NotRunningError):
                self._info = runfile.read(self._data_dir)
            self._info = self._info.with_pids(self.supervisor.pids)
            self._info.write(self._data_dir)


def _is_sample(folder: Path) -> bool:
    """Say whether this is the sample district: the sample complaints fit no other."""
    return folder.resolve() == SAMPLE_DIRECTORY.resolve()
