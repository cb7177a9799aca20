"""The keeper keeps for the offices of the directory as it is now, under the key `ops` has now."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chuishao import provisioning
from chuishao.directory import SAMPLE_DIRECTORY, read_roster
from chuishao.keeper import Followed, keep
from chuishao.nats_client import connected
from chuishao.secrets import OPS_USER, seed_file
from kit import keeping, rekey
from kit.ending import cancel
from kit.jetstream import ask
from tests.support.town import Town, running
from tests.support.world import until

STAYS, LEAVES, COMES = "SQ-002", "SQ-001", "WY-01"


@dataclass
class Kept:
    """A keeper at work in a town whose directory is a folder."""

    town: Town
    folder: Path
    said: list[str] = field(default_factory=list)
    looks: int = 0

    def looked(self) -> None:
        self.looks += 1

    async def looked_again(self) -> None:
        before = self.looks

        async def twice() -> bool:
            return self.looks >= before + 2

        await until(twice, within_s=10)

    def write(self, change: Callable[[str], str], file: str = "units.csv") -> None:
        path = self.folder / file
        path.write_text(change(path.read_text("utf-8")), "utf-8")

    async def provision(self, *, prune: bool = False) -> list[str]:
        return await provisioning.provision(self.town.of(read_roster(self.folder)), prune=prune)

    async def ask(self, question: str) -> object:
        seed = self.town.place.secrets().seeds[OPS_USER]
        async with connected(self.town.url, seed, inbox=b"_INBOX_ops") as client:
            return await ask(client, question)

    def there(self, unit: str) -> Callable[[], Awaitable[bool]]:
        async def is_there() -> bool:
            return await self.ask(f"CONSUMER.INFO.TICKETS.unit_{unit}") is not None

        return is_there

    async def delete(self, unit: str) -> None:
        await self.ask(f"CONSUMER.DELETE.TICKETS.unit_{unit}")


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    monkeypatch.setattr(keeping, "LOOK_S", 0.3)
    monkeypatch.setattr(rekey, "LOOK_S", 0.2)
    folder = tmp_path / "directory"
    shutil.copytree(SAMPLE_DIRECTORY, folder)
    async with running(read_roster(folder)) as town:
        kept = Kept(town, folder)
        await kept.provision()
        key = seed_file(town.place.data_dir / "secrets", OPS_USER)
        task = asyncio.create_task(
            keep(town.url, Followed(folder), key, kept.said.append, kept.looked)
        )
        await kept.looked_again()
        yield kept
        assert not task.done()
        await cancel({task})


def on_nats(unit: str, yes_no: str) -> Callable[[str], str]:
    """Give a unit of units.csv an account of its own, or take it away: the eighth column."""
    row = re.compile(rf"^({unit},(?:[^,]*,){{6}})(yes|no),", re.MULTILINE)
    return lambda text: row.sub(rf"\1{yes_no},", text)


async def test_it_takes_a_changed_key_of_ops_and_goes_on(kept: Kept) -> None:
    await provisioning.rotate(kept.town.place, OPS_USER)
    await asyncio.sleep(1)
    await provisioning.retire(kept.town.place, OPS_USER)
    await kept.looked_again()
    await kept.delete(STAYS)
    await until(kept.there(STAYS), within_s=10)


async def test_a_key_that_was_taken_away_first_is_taken_up_as_well(kept: Kept) -> None:
    """An upgrade that gives `ops` another key while the old keeper runs."""
    seed_file(kept.town.place.data_dir / "secrets", OPS_USER).unlink()
    assert (await kept.provision())[0] == "accounts"
    await kept.looked_again()
    await kept.delete(STAYS)
    await until(kept.there(STAYS), within_s=10)


async def test_it_follows_the_directory_and_a_faulty_one_changes_nothing(kept: Kept) -> None:
    kept.write(on_nats(LEAVES, "no"))
    kept.write(on_nats(COMES, "yes"))
    changes = await kept.provision(prune=True)
    assert f"consumer TICKETS/unit_{LEAVES}: removed" in changes
    await kept.looked_again()
    assert not await kept.there(LEAVES)(), "what was pruned is put back"
    await kept.delete(COMES)
    await until(kept.there(COMES), within_s=10)

    kept.write(lambda text: text.replace("code", "kode", 1))
    await kept.looked_again()
    assert [said for said in kept.said if "名录有误" in said] != []
    await kept.delete(STAYS)
    await until(kept.there(STAYS), within_s=10)
    told = len(kept.said)
    await kept.looked_again()
    assert len(kept.said) == told, "said again at each look"
