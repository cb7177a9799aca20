"""The two stores behind the port, held to the same rules: a folder and a bucket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.attachments.storage import (
    PIECE,
    FolderStorage,
    Storage,
    StorageLostError,
    id_of,
    key_of,
    open_storage,
)
from kit.ids import new_id
from tests.support.bucket import Bucket, bucket

GONE = (FileNotFoundError, IsADirectoryError, StorageLostError)


@pytest.fixture
async def held() -> AsyncIterator[Bucket]:
    async with bucket() as found:
        yield found


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, held: Bucket) -> Storage:
    if request.param == "bucket":
        return open_storage(held.settings(), "intake")
    told = held.settings().model_copy(update={"storage": (tmp_path / "文件 1").as_uri()})
    return open_storage(told, "intake")


async def read(storage: Storage, key: str) -> bytes:
    return b"".join([piece async for piece in await storage.read(key)])


async def test_what_was_put_comes_back_whole(storage: Storage) -> None:
    for body in (b"x", os.urandom(PIECE * 3 + 1)):
        key = key_of(new_id())
        await storage.put(key, body)
        assert await read(storage, key) == body


async def test_everything_of_a_shard_is_listed_and_can_be_deleted_twice(storage: Storage) -> None:
    keys = [f"ab/{n:02x}/{new_id().hex}" for n in range(5)]
    for key in [*keys, f"ac/00/{new_id().hex}"]:
        await storage.put(key, b"x")
    found = await storage.listed(0xAB)
    assert sorted(key for key, _ in found) == keys
    assert all(at.tzinfo is not None for _, at in found)
    await storage.delete(keys[:3])
    await storage.delete(keys[:3])
    assert sorted(key for key, _ in await storage.listed(0xAB)) == keys[3:]
    assert await storage.listed(0xFF) == []


async def test_what_is_not_there_is_an_error_of_the_moment(storage: Storage) -> None:
    with pytest.raises(GONE):
        await storage.read(key_of(new_id()))


async def test_a_key_says_whose_it_is_and_nothing_else() -> None:
    ident = new_id()
    assert id_of(key_of(ident)) == ident
    assert id_of("ab/cd/0190.half") is None


def halves(folder: Path) -> list[Path]:
    return list(folder.rglob("*.half"))


async def test_files_are_ours_alone_and_nothing_half_written_stays(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "router")
    key = key_of(new_id())
    await asyncio.gather(*(storage.put(key_of(new_id()), b"x") for _ in range(20)))
    await storage.put(key, b"secret")
    path = tmp_path / "router" / key
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not halves(tmp_path)
    in_the_way = key_of(new_id())
    (tmp_path / "router" / in_the_way).mkdir(parents=True)
    with pytest.raises(GONE):
        await storage.put(in_the_way, b"x")
    assert not halves(tmp_path), "what failed leaves nothing behind"


async def test_services_keep_apart(held: Bucket) -> None:
    key = key_of(new_id())
    await open_storage(held.settings(), "intake").put(key, b"x")
    assert list(held.objects) == [f"city/intake/{key}"]
    with pytest.raises(GONE):
        await open_storage(held.settings(), "router").read(key)


async def test_a_bucket_that_is_away_or_refuses_our_key_is_an_error_without_its_words(
    held: Bucket,
) -> None:
    told = held.settings()
    foreign = type(told).model_validate(told.model_dump() | {"s3_access_key": "other"})
    with pytest.raises(OSError, match=r"^[A-Za-z]+$"):
        await open_storage(foreign, "intake").put("ab/cd/ef", b"x")
    held.away = True
    with pytest.raises(OSError, match=r"^[A-Za-z]+$"):
        await open_storage(told, "intake").listed(1)


@pytest.mark.parametrize("address", ["", "/srv/files", "file://host/x", "s3:///x", "ftp://x/y"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    told = Bucket(url="http://127.0.0.1:1").settings().model_copy(update={"storage": address})
    with pytest.raises(ValueError, match="CHUISHAO_STORAGE"):
        open_storage(told, "intake")
