"""A photo's way through the whole product, over real sockets: filed, dispatched, seen by its unit alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import httpx

from tests.support.pictures import MAKER, photo, pixels
from tests.support.world import World, until

TEXT: Final = "清河北路与无影山路路口的路灯不亮"
LIMIT: Final = 10 * 1024 * 1024


async def upload(
    world: World, body: bytes, *, service: str = "intake", role: str = "operator"
) -> httpx.Response:
    return await world.http.post(
        f"{world.info[service]}/v1/attachments", content=body, headers=world.token(role)
    )


async def get(world: World, ident: str, role: str) -> httpx.Response:
    url = f"{world.info['intake']}/v1/attachments/{ident}"
    return await world.http.get(url, headers=world.token(role))


async def test_the_unit_that_holds_the_ticket_sees_the_photo_and_another_one_does_not(
    world: World,
) -> None:
    taken = (await upload(world, photo())).json()
    ident = taken["attachment_id"]
    filed = await world.file(TEXT, attachments=[ident])
    ticket = await world.ticket_when(filed["complaint_id"], lambda t: t["status"] == "dispatched")
    assert ticket["attachments"] == [ident]
    holder = f"unit:{ticket['unit']}"
    around = {f"unit:{unit}" for unit in (ticket["unit"], *ticket["assists"])}
    other = next(
        role for role in world.info["tokens"] if role.startswith("unit:") and role not in around
    )

    async def seen() -> bool:
        return (await get(world, ident, holder)).status_code == httpx.codes.OK

    await until(seen, within_s=10)
    assert pixels((await get(world, ident, holder)).content) == pixels(photo())
    assert (await get(world, ident, other)).status_code == httpx.codes.NOT_FOUND
    proof = await upload(world, photo("PNG"), service="router", role=holder)
    assert proof.status_code == httpx.codes.CREATED, proof.text
    files = stored(world.data_dir)
    assert {file.parents[2].name for file in files} == {"intake", "router"}
    assert all(MAKER.encode() not in file.read_bytes() for file in files)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)


def stored(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "attachments").rglob("*") if path.is_file()]


async def test_ten_mebibytes_pass_and_one_byte_more_does_not(world: World) -> None:
    frames = (LIMIT - 6) // 32
    speech = b"#!AMR\n" + (b"\x3c" + bytes(31)) * frames
    speech += b"\x7c" * (LIMIT - len(speech))
    for service, role in (("intake", "operator"), ("router", "dispatcher")):
        whole = await upload(world, speech, service=service, role=role)
        assert (whole.status_code, whole.json()["size"]) == (httpx.codes.CREATED, LIMIT)
        more = await upload(world, speech + b"\x7c", service=service, role=role)
        assert more.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
