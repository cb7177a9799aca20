"""A real PostgreSQL 18 as a child process, on loopback and on a unix socket."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from urllib.parse import quote

from chuishao.embedded import pgdata
from chuishao.embedded.system_user import SystemUser, let_reach, own, server_user
from chuishao.process import ProcessSpec, Restart, StopStep

# sockaddr_un.sun_path holds 108 bytes on Linux and 104 elsewhere, the closing NUL included.
SOCKET_PATH_LIMIT_BYTES = 103
_FAST_S, _IMMEDIATE_S = 20.0, 5.0
_CONNECT_S = 3.0


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """Where one PostgreSQL lives and how to reach it.

    `root` is created and belongs to the server. `durable=False` drops every guarantee that data
    survives a crash: only for tests of our own that throw the data away.
    """

    root: Path
    port: int
    password: str
    log: Path
    durable: bool = True

    @property
    def user(self) -> SystemUser | None:
        """The account the server runs as; None is our own."""
        return server_user(self.data)

    @property
    def data(self) -> Path:
        """The data directory proper (PGDATA)."""
        return self.root / "data"

    @property
    def sockets(self) -> Path:
        """Folder of the unix socket: below `root`, or a short temporary one if that is too long."""
        near = self.root / "run"
        if len(os.fsencode(near / f".s.PGSQL.{self.port}")) <= SOCKET_PATH_LIMIT_BYTES:
            return near
        mark = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return _short_temporary() / f"chuishao-{mark}"

    def dsn(self, user: str = pgdata.SUPERUSER, password: str = "", database: str = "") -> str:
        """Return a DSN over the unix socket; without arguments the superuser's."""
        secret = password or self.password
        place = f"host={quote(str(self.sockets), safe='/')}&port={self.port}"
        return f"postgresql://{user}:{quote(secret, safe='')}@/{database or user}?{place}"

    def tcp_dsn(self, user: str, password: str, database: str) -> str:
        """Return a DSN over loopback TCP, for programs that know no unix sockets."""
        secret = quote(password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make, configure and free the data directory; runs before every start.

        Raises RuntimeError if initdb fails or the directory is another version's, OSError if a
        folder cannot be made.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        own(self.root, self.user, 0o700)
        let_reach(self.root, self.user)
        pgdata.make_readable(self.user)
        _make_private(self.sockets, self.user)
        pgdata.initialise(self.data, self.password, self.user, durable=self.durable)
        pgdata.configure(
            self.data, self.user, port=self.port, sockets=self.sockets, durable=self.durable
        )
        pgdata.free(self.data, self.sockets)

    async def ready(self) -> bool:
        """Say whether the server answers a query from the superuser."""
        import asyncpg

        try:
            connection = await asyncpg.connect(self.dsn(), timeout=_CONNECT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        try:
            return bool(await connection.fetchval("select 1") == 1)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        finally:
            connection.terminate()

    def spec(self) -> ProcessSpec:
        """Describe the server process: fast shutdown first, immediate if that takes too long."""
        return ProcessSpec(
            name="postgres",
            argv=(str(pgdata.installation() / "bin" / "postgres"), "-D", str(self.data)),
            log=self.log,
            env=pgdata.server_environment(),
            user=self.user,
            ready=self.ready,
            ready_seconds=120.0,
            stop=(StopStep(Signals.SIGINT, _FAST_S), StopStep(Signals.SIGQUIT, _IMMEDIATE_S)),
            orphaned=Signals.SIGINT,
            restart=Restart.ALWAYS,
            prepare=self.prepare,
        )


def _short_temporary() -> Path:
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) <= len("/private/tmp") else Path("/tmp")  # noqa: S108


def _make_private(folder: Path, user: SystemUser | None) -> None:
    """Make a folder only the server may enter; refuse one somebody else put there.

    Raises RuntimeError when a foreign folder or a symbolic link sits at this name.
    """
    owner = user.uid if user else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid not in {owner, os.geteuid()}:
            msg = f"{folder} belongs to somebody else; remove it or choose another data directory"
            raise RuntimeError(msg) from None
    own(folder, user, 0o700)
    let_reach(folder, user)
