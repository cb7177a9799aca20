"""The whole product as processes, spoken to in the words of the domain; every wait has a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import nats

from chuishao.process import tie_to_parent
from chuishao.tokens import issue
from contracts.directory import Post
from services.router.directory import files

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = ROOT / "chuishao" / "sample" / "directory"
READY_S: Final = 60.0
GENEROUS: Final = {
    "CHUISHAO_PERSON_PER_S": "10000",
    "CHUISHAO_PERSON_AT_ONCE": "100000",
    "CHUISHAO_SYSTEM_PER_S": "10000",
    "CHUISHAO_SYSTEM_AT_ONCE": "100000",
    "CHUISHAO_CALLER_PER_HOUR": "1000000",
    "CHUISHAO_WAIT_S": "10",
}
"""A test asks with one token what a whole city asks with thousands."""
SOON_S: Final = 15.0


class World:
    """One `chuishao up` in a folder of its own."""

    def __init__(self, data_dir: Path, *flags: str, env: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._flags = flags
        self._env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.info: dict[str, Any] = {}
        self.http = httpx.AsyncClient(timeout=30)

    async def start(self) -> float:
        """Bring it up; returns the seconds until it was ready."""
        began = time.monotonic()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        run_file = self.data_dir / "run.json"
        run_file.unlink(missing_ok=True)  # of a run that was killed
        log = (self.data_dir / "up.log").open("ab")
        self._process = subprocess.Popen(  # noqa: ASYNC220 - lives as long as the world
            [
                sys.executable,
                "-m",
                "chuishao",
                "up",
                "--data-dir",
                str(self.data_dir),
                *self._flags,
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            # A test run that is killed takes its product with it.
            preexec_fn=tie_to_parent(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - one thread
            env={**os.environ, "CHUISHAO_LOG_LEVEL": "INFO", **GENEROUS, **self._env},
        )
        log.close()

        async def ready() -> bool:
            assert self._process
            if self._process.poll() is not None:
                raise AssertionError((self.data_dir / "up.log").read_text()[-3000:])
            return run_file.exists()

        await until(ready, within_s=READY_S)
        self.reread()
        return time.monotonic() - began

    def reread(self) -> None:
        """Read run.json again: process ids change when something was restarted."""
        self.info = json.loads((self.data_dir / "run.json").read_text())

    @property
    def supervisor_pid(self) -> int:
        """Process id of `chuishao up`."""
        assert self._process
        return self._process.pid

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does; returns its exit code."""
        await self.http.aclose()
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        return await asyncio.to_thread(self._process.wait, 60)

    def token(self, role: str) -> dict[str, str]:
        """The header that signs somebody in."""
        return {"Authorization": f"Bearer {self.info['tokens'][role]}"}

    def signed(self, person: str, *roles: str) -> str:
        """A token of this installation's own key for anybody."""
        key = (self.data_dir / "secrets" / "tokens" / "private_key.pem").read_text("ascii")
        return issue(key, person, roles)

    async def file(self, text: str, *, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """File a complaint as the operator; fails unless it is accepted."""
        answer = await self.post_complaint({"text": text, **fields}, key=key)
        assert answer.status_code in (200, 201), answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def post_complaint(
        self, fields: dict[str, Any], *, key: str | None = None
    ) -> httpx.Response:
        """File a complaint and answer whatever came back."""
        headers = self.token("operator") | {"Idempotency-Key": key or str(uuid.uuid4())}
        body = {"channel": "hotline", "kind": "complaint"} | fields
        return await self.http.post(
            f"{self.info['intake']}/v1/complaints", json=body, headers=headers
        )

    async def ticket(self, ident: str, *, role: str = "admin") -> dict[str, Any] | None:
        """A ticket by id or number; None while the asker may not know of it."""
        answer = await self.http.get(
            f"{self.info['router']}/v1/tickets/{ident}", headers=self.token(role)
        )
        return answer.json() if answer.status_code == httpx.codes.OK else None

    async def ticket_when(
        self, ident: str, question: Callable[[dict[str, Any]], bool], *, within_s: float = SOON_S
    ) -> dict[str, Any]:
        """The ticket once it answers the question with yes."""
        found: dict[str, Any] = {}

        async def asked() -> bool:
            ticket = await self.ticket(ident)
            if ticket is not None:
                found.clear()
                found.update(ticket)
            return ticket is not None and question(ticket)

        await until(asked, within_s=within_s, what=lambda: str(found))
        return found

    async def act(self, ident: str, action: str, *, role: str, **body: Any) -> httpx.Response:
        """Take an action over HTTP."""
        return await self.http.post(
            f"{self.info['router']}/v1/tickets/{ident}/{action}",
            json=body,
            headers=self.token(role),
        )

    async def command(self, unit: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take an action over NATS, in the unit's own account."""
        client = await self.unit_connection(unit)
        try:
            reply = await client.request(
                f"cmd.{action}.{unit}", json.dumps(body).encode(), timeout=5
            )
            answer: dict[str, Any] = json.loads(reply.data)
            return answer
        finally:
            await client.close()

    async def unit_connection(self, unit: str) -> Any:
        """A plain nats-py connection with the unit's key."""
        return await nats.connect(
            self.info["nats"], nkeys_seed_str=self.info["nats_users"][unit]["nkey_seed"]
        )

    async def queue(self, org: str, *, role: str = "admin") -> list[dict[str, Any]]:
        """A secretary's reception queue, all pages of it."""
        items: list[dict[str, Any]] = []
        params = {"org": org, "limit": "100"}
        while True:
            answer = await self.http.get(
                f"{self.info['notifier']}/v1/reception/queue",
                params=params,
                headers=self.token(role),
            )
            assert answer.status_code == httpx.codes.OK, answer.text
            page = answer.json()
            items += page["items"]
            if page["next"] is None:
                return items
            params["cursor"] = page["next"]

    async def now(self) -> datetime:
        """Business time."""
        now: datetime = await self._sql("select chuishao.business_now()")
        return now

    async def move_clock(self, to: datetime) -> None:
        """Set business time (simulated databases only)."""
        await self._sql("select chuishao.set_business_clock($1)", to)

    async def fast_forward(self, **span: float) -> None:
        """Let business time pass: `hours=2`, `days=7`."""
        await self.move_clock(await self.now() + timedelta(**span))

    async def _sql(self, statement: str, *values: Any) -> Any:
        conn = await asyncpg.connect(self.info["postgres"])
        try:
            return await conn.fetchval(statement, *values)
        finally:
            await conn.close()

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Look into the database, as an invariant does."""
        conn = await asyncpg.connect(self.info["postgres"])
        try:
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()


async def until(
    question: Callable[[], Awaitable[bool]],
    *,
    within_s: float = SOON_S,
    what: Callable[[], str] = str,
) -> None:
    """Poll until the answer is yes; fails after the deadline and says what was seen last."""
    deadline = time.monotonic() + within_s
    while True:
        with contextlib.suppress(httpx.TransportError, OSError, asyncpg.PostgresError):
            if await question():
                return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s; last seen: {what()}")
        await asyncio.sleep(0.05)


def person_of(unit: str) -> str:
    """Somebody who holds a post in a unit of the sample district."""
    posts: list[Post] = files.read(SAMPLE)["posts"]
    return next(post.person for post in posts if post.unit == unit)


MONDAY: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday 23 November 2026, 10:00 in Shanghai: an ordinary working morning."""
