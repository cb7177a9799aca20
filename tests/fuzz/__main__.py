"""`python -m tests.fuzz`: every operation of every OpenAPI document with made-up requests. The last line is JSON."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

import httpx

from tests.fuzz.driving import Wish, ask_all, furnished
from tests.fuzz.known import Place
from tests.support.product import running
from tests.support.world import World

ENV = {"CHUISHAO_REVEALS_PER_HOUR": "1000000"}
"""One person is shown here what an office is shown in years."""


def main() -> int:
    """Run and print; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=200, help="for each operation")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--hands", type=int, default=2, help="processes that ask")
    parser.add_argument("--only", default="", help="operations whose names hold this")
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    with running("openapi", 24_100, ENV) as world:
        place = asyncio.run(_furnished(world))
        told = ask_all(world, place, Wish(asked.cases, asked.seed, asked.hands, asked.only), say)
    say(told.line())
    return int(bool(told.failures))


async def _furnished(world: World) -> Place:
    async with httpx.AsyncClient(timeout=30) as client:
        world.http = client
        return await furnished(world)


def say(line: str) -> None:
    """To whoever watches, at once."""
    print(line, flush=True)  # noqa: T201 - a program that reports


if __name__ == "__main__":
    sys.exit(main())
