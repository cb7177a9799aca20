"""Units: each listens all the time in its own NATS account, and its people work on some of what comes.

Steps are taken over NATS or over HTTP under a command id; without an answer the same id is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from typing import Any, Final

import httpx
import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from kit import ending
from kit.broker import servers
from tests.chaos import asking
from tests.chaos.history import History, Phase
from tests.chaos.site import Site
from tests.chaos.words import spelled
from tests.support.world import person_of

WORKED_ON: Final = 0.08
"""Share of dispatched tickets that the unit works on."""
OVER_HTTP: Final = 0.3
PATIENCE_S: Final = 4.0
RETRY_S: Final = (0.3, 1.5)
FETCH: Final = 200
STEPS: Final = ("accept", "contact", "handle")
DONE: Final = 400
TRY_AGAIN: Final = (408, 409, 425, 429, 500, 502, 503, 504)
CONFLICT: Final = 409


async def connect(site: Site, user: str) -> Client:
    """A plain nats-py connection with a unit's or reader's key, which comes back by itself."""

    async def quiet(_: Exception) -> None:
        """Broken connections are what this is about; what was lost by them is seen elsewhere."""

    return await nats.connect(
        servers(site.info["nats"]),
        nkeys_seed_str=site.info["nats_users"][user]["nkey_seed"],
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.3,
        ping_interval=5,
        max_outstanding_pings=2,
        error_cb=quiet,
    )


class Office:
    """One unit or reader with an account of its own."""

    def __init__(self, site: Site, history: History, user: str, rng: random.Random) -> None:
        self._site = site
        self._history = history
        self._user = user
        self._rng = rng
        self._seen: set[str] = set()
        self._client: Client | None = None
        self._http = asking.client(PATIENCE_S)
        self._busy: set[asyncio.Task[None]] = set()
        self._person = "" if user.startswith("reader:") else person_of(user)
        self.quiet_since = 0.0
        self.held: list[str] = []
        """Tickets that are this unit's alone."""
        self.working = True

    async def listen(self) -> None:
        """Take whatever the durable holds, for ever; connections and requests may fail as they like."""
        while True:
            try:
                self._client = await connect(self._site, self._user)
                await self._follow(self._client)
            except (nats.errors.Error, OSError, TimeoutError):
                await asyncio.sleep(0.3)
            finally:
                if self._client:
                    with contextlib.suppress(Exception):
                        await self._client.close()

    async def close(self) -> None:
        """Leave work that waits for an answer, and the connections."""
        await ending.cancel(self._busy)
        await self._http.aclose()

    async def finish(self, within_s: float) -> None:
        """Take no new ticket, and wait for the answers to what was begun."""
        self.working = False
        if self._busy:
            await asyncio.wait(self._busy, timeout=within_s)

    async def _follow(self, client: Client) -> None:
        own = self._site.info["nats_users"][self._user]
        js = client.jetstream(prefix=own["js_prefix"])
        pull = await js.pull_subscribe("", durable=own["consumer"], stream=own["stream"])
        while not client.is_closed:
            try:
                messages = await pull.fetch(FETCH, timeout=1)
            except (TimeoutError, nats.errors.Error):
                await asyncio.sleep(0.05)
                continue
            for message in messages:
                self._read(message)
                await message.ack()

    def _read(self, message: Msg) -> None:
        event = json.loads(message.data)
        self.quiet_since = self._history.now()
        again = event["id"] in self._seen
        self._seen.add(event["id"])
        data = event["data"]
        self._history.say(
            self._user,
            "read",
            Phase.OK,
            event["id"],
            subject=message.subject,
            seq=message.metadata.sequence.stream,
            stream=message.metadata.stream,
            ticket=data.get("ticket_id"),
            version=data.get("version"),
            due=_due(message.subject, data),
            again=again,
        )
        if data.get("unit") == self._user and not data.get("assists"):
            self.held.append(data["ticket_id"])
        dispatched = message.subject.startswith("ticket.dispatched.")
        if dispatched and not again and self.working and self._rng.random() < WORKED_ON:
            task = asyncio.create_task(self._work(data["ticket_id"]))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    async def _work(self, ticket: str) -> None:
        """Sign for it, call the resident twice, report a result."""
        for n, step in enumerate((STEPS[0], STEPS[1], STEPS[1], STEPS[2])):
            await asyncio.sleep(self._rng.uniform(0.1, 3.0))
            if not await self._command(ticket, step, f"{self._user}.{spelled(ticket)}.{n}"):
                return

    async def _command(self, ticket: str, step: str, command_id: str) -> bool:
        """Until there is an answer; False when it was refused."""
        body = {"command_id": command_id, "data": _data(step, command_id)}
        by_http = self._rng.random() < OVER_HTTP
        while True:
            self._history.say(self._user, "command", Phase.INVOKE, command_id, step=step)
            answer = await (self._post if by_http else self._request)(ticket, step, body)
            if answer is None:
                self._history.say(self._user, "command", Phase.INFO, command_id)
            elif "type" not in answer:
                told = {name: answer[name] for name in ("ticket_id", "status", "version")}
                self._history.say(self._user, "command", Phase.OK, command_id, step=step, **told)
                return True
            else:
                status = answer["status"]
                self._history.say(self._user, "command", Phase.FAIL, command_id, status=status)
                if status not in TRY_AGAIN or status == CONFLICT:
                    return False
            await asyncio.sleep(self._rng.uniform(*RETRY_S))

    async def _request(self, ticket: str, step: str, body: dict[str, Any]) -> dict[str, Any] | None:
        client = self._client
        if client is None or not client.is_connected:
            return None
        told = body | {"ticket": ticket, "actor": self._person}
        try:
            reply = await client.request(
                f"cmd.{step}.{self._user}", json.dumps(told).encode(), timeout=PATIENCE_S
            )
        except (TimeoutError, nats.errors.Error, NoRespondersError, OSError):
            return None
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    async def _post(self, ticket: str, step: str, body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = await self._http.post(
                f"{self._site.info['router']}/v1/tickets/{ticket}/{step}",
                json=body,
                headers=self._site.token(f"unit:{self._user}"),
            )
            told: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            return None
        return told


def _due(subject: str, data: dict[str, Any]) -> str | None:
    """When the alarm or rung it tells of was due; None for what is not due at a time of its own."""
    rung = subject.startswith("escalation.raised.") and str(data.get("reason")).endswith("@due")
    if subject.startswith("clock.breached.") or (rung and not data.get("repeat")):
        return str(data["due_at"])
    return None


def _data(step: str, command_id: str) -> dict[str, str]:
    note = f"编号 {command_id}"
    if step == "handle":
        return {"note": note, "result": "solved", "no_proof": "演练，无照片"}
    return {"note": note, "result": "phone"} if step == "contact" else {"note": note}
