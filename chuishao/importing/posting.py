"""Batches to `POST /v1/complaints/batch`: sent until every line has an answer that will not change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from chuishao import ndjson
from chuishao.importing.body import Refusal, refusal_of

_TRIES: Final = 6
_TIMEOUT_S: Final = 60.0
_LATER: Final = frozenset({409, 429, 500, 502, 503, 504})
_FILED: Final = frozenset({200, 201})


class IntakeError(RuntimeError):
    """Intake cannot be reached or does not take the request; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one line: filed anew, there already, or refused."""

    fresh: bool = False
    refusal: Refusal | None = None


class Intake:
    """Intake behind its public address."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        token: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._url = f"{url.rstrip('/')}/v1/complaints/batch"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
            "Accept-Language": "zh",
        }
        self._pause = pause

    def file(self, bodies: Sequence[dict[str, Any]]) -> list[Answer]:
        """One answer a body, in order. Each body has its `idempotency_key`, so that sending again is harmless.

        Raises IntakeError when lines stay unanswered, or the token is refused.
        """
        answers: dict[int, Answer] = {}
        why = ""
        for attempt in range(_TRIES):
            if attempt:
                self._pause(min(0.5 * 2**attempt, 15.0))
            waiting = [n for n in range(len(bodies)) if n not in answers]
            try:
                why = self._send([bodies[n] for n in waiting], waiting, answers)
            except httpx.TransportError as error:
                why = f"{type(error).__name__}"
            if len(answers) == len(bodies):
                return [answers[n] for n in range(len(bodies))]
        raise IntakeError(f"受理服务没有答复，请稍后再试 / intake does not answer ({why})")

    def _send(
        self, bodies: list[dict[str, Any]], places: list[int], answers: dict[int, Answer]
    ) -> str:
        """Send once; keep final answers, and say what was wrong with the others."""
        raw = b"".join(json.dumps(body).encode() + b"\n" for body in bodies)
        why = ""
        with self._client.stream(
            "POST", self._url, content=raw, headers=self._headers, timeout=_TIMEOUT_S
        ) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                return _not_ok(response)
            for line in ndjson.lines(response):
                result = json.loads(line)
                if result["status"] in _LATER:
                    why = str(result["status"])
                else:
                    answers[places[result["line"] - 1]] = _answer(result)
        return why


def _not_ok(response: httpx.Response) -> str:
    if response.status_code in _LATER:
        return str(response.status_code)
    raise IntakeError(
        f"受理服务拒绝了请求，请核对地址和令牌 / intake refuses the request; check its address and"
        f" the token ({response.status_code}: {response.text[:300]})"
    )


def _answer(result: dict[str, Any]) -> Answer:
    if result["status"] in _FILED:
        return Answer(fresh=result["status"] == httpx.codes.CREATED)
    problem = result["problem"]
    found = problem.get("errors") or [
        {
            "field": problem.get("field") or "-",
            "zh": problem.get("detail", problem.get("title", "")),
            "en": problem.get("detail_en", problem.get("title", "")),
        }
    ]
    return Answer(refusal=refusal_of(found))


@dataclass(slots=True)
class Pace:
    """No more than `rate` lines a second; None for as fast as intake answers."""

    rate: int | None
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    sent: int = 0
    began: float | None = None

    def wait(self, lines: int) -> None:
        """Wait until so many more may go."""
        if self.rate is None:
            return
        now = self.clock()
        self.began = now if self.began is None else self.began
        self.pause(max(0.0, self.began + self.sent / self.rate - now))
        self.sent += lines
