"""Operators: requests come at times of the seed whatever the answers are, and nobody gives up.

A request without an answer is sent again under the same key, as a careful client does; every answer that
came counts, also the second one to the same key.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import httpx

from kit import ending
from tests.chaos import asking
from tests.chaos.history import History, Phase
from tests.chaos.site import Site
from tests.chaos.words import Manner, Request

PATIENCE_S: Final = 6.0
RETRY_S, RETRY_AT_MOST_S = 0.4, 12.0
"""Waits double, spread by chance: who asks ever faster keeps a slow machine down."""
AGAIN: Final = (408, 409, 429, 500, 502, 503, 504, 507)
"""Answers that promise nothing: the same key is tried again. A 500 is a finding of its own."""
KEPT: Final = (200, 201)
REUSED: Final = 422


class Operators:
    """All operators of the hotline at once."""

    def __init__(self, site: Site, history: History, rng: random.Random) -> None:
        self._site = site
        self._history = history
        self._rng = rng
        self._client = asking.client(PATIENCE_S, kept=64)
        self._busy: set[asyncio.Task[None]] = set()
        self.closed = False
        self._kept: set[str] = set()
        self.offered = 0

    @property
    def acknowledged(self) -> int:
        """Complaints that somebody was promised."""
        return len(self._kept)

    async def arrive(self, requests: Iterator[Request], rate: float) -> None:
        """Send `rate` requests a second, exponentially apart, until `closed`."""
        due = self._history.now()
        for request in requests:
            due += self._rng.expovariate(rate)
            await asyncio.sleep(max(0.0, due - self._history.now()))
            if self.closed:
                return
            task = asyncio.create_task(self._serve(request))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    async def finish(self, within_s: float) -> int:
        """Wait for who still has no answer; returns how many never got one."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=within_s)
        left = list(self._busy)
        await ending.cancel(left)
        await self._client.aclose()
        return len(left)

    async def _serve(self, request: Request) -> None:
        self.offered += len(request.filings)
        if request.manner is Manner.BATCH:
            await self._batch(request)
            return
        key, body = request.filings[0]
        if request.manner is Manner.AGAIN:
            await asyncio.gather(self._file(key, body), self._file(key, body))
        else:
            await self._file(key, body)
        if request.manner is Manner.OTHER_BODY:
            await self._other(key, body | {"text": f"{body['text']}（改）"})

    async def _file(self, key: str, body: dict[str, Any]) -> None:
        for tries in count():
            self._history.say("operator", "file", Phase.INVOKE, key)
            answer = await self._post("/v1/complaints", key, json.dumps(body).encode())
            if self._told("file", key, answer):
                return
            await self._pause(tries)

    async def _other(self, key: str, body: dict[str, Any]) -> None:
        """The same key with other words: refused, whatever happens meanwhile."""
        for tries in count():
            self._history.say("operator", "file_other", Phase.INVOKE, key)
            answer = await self._post("/v1/complaints", key, json.dumps(body).encode())
            if self._told("file_other", key, answer):
                return
            await self._pause(tries)

    def _told(self, op: str, key: str, answer: httpx.Response | None) -> bool:
        """Write the answer down; False when the outcome is unknown and it has to be sent again."""
        say = self._history.say
        if answer is None:
            say("operator", op, Phase.INFO, key)
            return False
        if answer.status_code in KEPT:
            self._keep(op, key, answer.json())
            return True
        say("operator", op, Phase.FAIL, key, status=answer.status_code)
        return answer.status_code not in AGAIN

    def _keep(self, op: str, key: str, body: dict[str, Any]) -> None:
        if op == "file":
            self._kept.add(key)
        told = {"id": body["complaint_id"], "number": body["number"]}
        self._history.say("operator", op, Phase.OK, key, **told)

    async def _batch(self, request: Request) -> None:
        left = dict(request.filings)
        for tries in count():
            if not left:
                return
            keys = list(left)
            for key in keys:
                self._history.say("operator", "file", Phase.INVOKE, key, batch=True)
            lines = [json.dumps(body | {"idempotency_key": key}) for key, body in left.items()]
            answers = await self._stream("\n".join(lines).encode())
            for key, answer in zip(keys, answers, strict=False):
                if answer["status"] in KEPT:
                    self._keep("file", key, answer)
                    del left[key]
                else:
                    self._history.say("operator", "file", Phase.FAIL, key, status=answer["status"])
                    if answer["status"] not in AGAIN:
                        del left[key]
            for key in keys[len(answers) :]:
                self._history.say("operator", "file", Phase.INFO, key, batch=True)
            await self._pause(tries)

    async def _stream(self, body: bytes) -> list[dict[str, Any]]:
        """The result lines of a batch that arrived whole; the connection may break in the middle."""
        lines: list[str] = []
        headers = self._site.token("operator") | {"Content-Type": "application/x-ndjson"}
        try:
            async with self._client.stream(
                "POST",
                f"{self._site.info['intake']}/v1/complaints/batch",
                content=body,
                headers=headers,
            ) as answer:
                if answer.status_code not in KEPT:
                    return []
                async for line in answer.aiter_lines():
                    lines.append(line)  # noqa: PERF401 - those before a break count
        except httpx.HTTPError:
            pass
        return [json.loads(line) for line in lines]

    async def _post(self, path: str, key: str, body: bytes) -> httpx.Response | None:
        headers = self._site.token("operator") | {
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        try:
            return await self._client.post(
                f"{self._site.info['intake']}{path}", content=body, headers=headers
            )
        except httpx.HTTPError:
            return None

    async def _pause(self, tries: int) -> None:
        wait = min(RETRY_AT_MOST_S, RETRY_S * 2.0 ** min(tries, 10))
        await asyncio.sleep(self._rng.uniform(0.5, 1.5) * wait)
