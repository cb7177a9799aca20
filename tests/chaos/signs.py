"""Signs of life of an installation, and of the lack of it: what a fault test looks at."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any, Final

import httpx
import psutil

from chuishao.leftovers import is_alive
from tests.chaos.lab import SERVICES, Lab

PATIENT_S: Final = 90.0
HURRIED_S: Final = 3.0
COMPLAINT: Final = {
    "channel": "hotline",
    "kind": "complaint",
    "text": "路灯坏了",
    "address": "清潭街12号",
}
AWAY: Final = (409, 429, 503)
"""What a client may try again after; anything else, a 500 above all, is a defect."""


async def file(lab: Lab, *, within_s: float = PATIENT_S) -> str | None:
    """File a complaint as a careful client does, under one key; its id, None when nobody took it."""
    headers = lab.token("operator") | {"Idempotency-Key": str(uuid.uuid4())}
    deadline = time.monotonic() + within_s
    async with httpx.AsyncClient(timeout=HURRIED_S) as client:
        while time.monotonic() < deadline:
            try:
                url = f"{lab.info['intake']}/v1/complaints"
                answer = await client.post(url, json=COMPLAINT, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code in {200, 201}:
                return str(answer.json()["complaint_id"])
            assert answer.status_code in AWAY, answer.text
            await asyncio.sleep(0.1)
    return None


async def dispatched(lab: Lab, ident: str, *, within_s: float = PATIENT_S) -> dict[str, Any] | None:
    """The ticket once router shows it with a clock to keep to; None when it does not within the time."""
    deadline = time.monotonic() + within_s
    async with httpx.AsyncClient(timeout=HURRIED_S) as client:
        while time.monotonic() < deadline:
            try:
                url = f"{lab.info['router']}/v1/tickets/{ident}"
                answer = await client.get(url, headers=lab.token("admin"))
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == httpx.codes.OK and answer.json()["due"]:
                ticket: dict[str, Any] = answer.json()
                return ticket
            await asyncio.sleep(0.1)
    return None


async def works(lab: Lab) -> float:
    """Seconds until a complaint filed now has its ticket and its clocks. Fails when it gets none."""
    began = time.monotonic()
    ident = await file(lab)
    assert ident is not None, "nobody takes a complaint"
    assert await dispatched(lab, ident) is not None, f"{ident} has no ticket with a clock"
    return time.monotonic() - began


async def ready(lab: Lab, service: str) -> bool:
    """Whether a service calls itself ready."""
    try:
        async with httpx.AsyncClient(timeout=HURRIED_S) as client:
            answer = await client.get(f"{lab.info[service]}/readyz")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


async def all_ready(lab: Lab, *, within_s: float = PATIENT_S) -> None:
    """Wait until every service calls itself ready; fails with the names of those that do not."""
    deadline = time.monotonic() + within_s
    while waiting := [name for name in SERVICES if not await ready(lab, name)]:
        assert time.monotonic() < deadline, f"not ready: {waiting}"
        await asyncio.sleep(0.2)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and not only what a parent has not looked at yet."""
    try:
        return is_alive(psutil.Process(pid))
    except psutil.Error:
        return False


def is_stopped(pid: int | None) -> bool:
    """Whether a process stands still (SIGSTOP)."""
    return pid is not None and psutil.Process(pid).status() == psutil.STATUS_STOPPED
