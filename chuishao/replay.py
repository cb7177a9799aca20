"""Replays a day of sample complaints through the public HTTP API and says how many went right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from chuishao.files import write_private
from chuishao.runfile import RunInfo
from chuishao.sample_complaints import FILES, Sample, read_samples
from chuishao.screen import Screen

MARKER: Final = "sample.json"
_IN_FLIGHT: Final = 8
_TRIES: Final = 5
_TICKET_WAIT_S: Final = 60.0
_POLL_S: Final = 0.1
_BUSY: Final = frozenset({409, 429, 503})
_TITLES: Final = {"complaints.csv": "样例 sample", "complaints_hard.csv": "疑难 hard cases"}


@dataclass(slots=True)
class Score:
    """How one part went: `wrong` names each complaint that went elsewhere, or nowhere."""

    total: int
    right: int = 0
    wrong: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one complaint; `problem` is the refusal or silence of a service."""

    grid: object = None
    unit: object = None
    problem: str = ""


async def replay_once(info: RunInfo, data_dir: Path, screen: Screen) -> None:
    """Post the samples the first time a data directory runs; a marker there remembers it."""
    marker = data_dir / MARKER
    if marker.exists():
        return
    scores = {}
    for file in FILES:
        samples = read_samples(file)
        if samples:
            scores[file] = score = await _replay(info, samples, screen, _TITLES[file])
            screen.say(
                f"{_TITLES[file]}: {score.right} / {score.total} "
                "送到预期的网格和单位 / went to the expected grid and unit"
            )
    document = {
        file: {"total": score.total, "right": score.right, "wrong": score.wrong}
        for file, score in scores.items()
    }
    write_private(marker, json.dumps(document, ensure_ascii=False, indent=1))


async def _replay(info: RunInfo, samples: list[Sample], screen: Screen, title: str) -> Score:
    score = Score(len(samples))
    turn = asyncio.Semaphore(_IN_FLIGHT)
    async with httpx.AsyncClient(timeout=15.0, trust_env=False) as client:
        with screen.progress(title, len(samples)) as advance:
            post = _Poster(client, info, turn, advance)
            outcomes = await asyncio.gather(*(post.one(sample) for sample in samples))
    for sample, got in zip(samples, outcomes, strict=True):
        if not got.problem and sample.matches(got.grid, got.unit):
            score.right += 1
            continue
        score.wrong.append(
            {
                "id": sample.id,
                "expected": [sample.grid, sample.unit],
                "got": [got.grid, got.unit],
                "problem": got.problem,
            }
        )
    return score


@dataclass(frozen=True, slots=True)
class _Poster:
    client: httpx.AsyncClient
    info: RunInfo
    turn: asyncio.Semaphore
    advance: Callable[[], None]

    async def one(self, sample: Sample) -> _Outcome:
        """Post a complaint and follow it to its ticket."""
        async with self.turn:
            try:
                outcome = await self._follow(sample)
            except httpx.HTTPError as error:
                outcome = _Outcome(problem=f"{type(error).__name__}: {error}")
        self.advance()
        return outcome

    async def _follow(self, sample: Sample) -> _Outcome:
        answer = await self._file(sample)
        if answer.status_code not in {200, 201}:
            return _Outcome(problem=f"{answer.status_code}: {answer.text[:500]}")
        ticket = await self._ticket(str(answer.json()["number"]))
        if ticket is None:
            return _Outcome(problem=f"no ticket within {_TICKET_WAIT_S:.0f} s")
        return _Outcome(ticket.get("grid"), ticket.get("unit"))

    async def _file(self, sample: Sample) -> httpx.Response:
        headers = _bearer(self.info, "operator") | {"Idempotency-Key": sample.key}
        for attempt in range(1, _TRIES + 1):
            answer = await self.client.post(
                f"{self.info.intake}/v1/complaints", json=sample.body, headers=headers
            )
            if answer.status_code not in _BUSY or attempt == _TRIES:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", attempt)))
        return answer

    async def _ticket(self, number: str) -> dict[str, object] | None:
        """Wait until the router has routed the complaint; None if it does not."""
        deadline = asyncio.get_running_loop().time() + _TICKET_WAIT_S
        while asyncio.get_running_loop().time() < deadline:
            answer = await self.client.get(
                f"{self.info.router}/v1/tickets",
                params={"q": number},
                headers=_bearer(self.info, "admin"),
            )
            items = answer.json()["items"] if answer.status_code == httpx.codes.OK else []
            for ticket in items:
                if ticket["number"] == number and ticket.get("unit"):
                    return dict(ticket)
            await asyncio.sleep(_POLL_S)
        return None


def _bearer(info: RunInfo, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {info.tokens[role]}"}
