"""`make screenshots`: the pictures of README, taken of the sample district on a simulated database.

Starts the whole product in a folder of its own, lets units work and days pass, signs in by role, and writes
`docs/screens/*.png`. What is in them is the sample's; nobody's words but those this project wrote.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image

from tests.support.browser import ROOT, Screen, chromium, executable, guarded
from tests.support.world import World, person_of, until

PLACE: Final = ROOT / "docs" / "screens"
COLOURS: Final = 255
"""A screen of flat colours needs no more; the file is a third."""
WALL: Final[Mapping[str, Any]] = {"viewport": {"width": 1920, "height": 1080}}
LATER: Final = "reception"
"""Taken when what nobody solved has climbed to the secretary's table."""
SUBDISTRICT: Final = "JD-WYS"
DISTRICT: Final = "370105"
SOLVED: Final = {"contacted": True, "solved": True, "satisfied": True}
NOT_SOLVED: Final = {"contacted": True, "solved": False, "note": "居民说还没有处理好。"}
NEW: Final = (
    ("小区门口下水井盖翘起来了，昨晚有人骑车摔倒。", "清潭街8号"),
    ("路灯坏了三天了，晚上看不见路。", "清潭街12号"),
    ("楼下烧烤店油烟直排，窗户都不敢开。", "清潭街20号"),
    ("烧烤摊占了半条路，晚上十二点还在放音响。", "汇泽广场A座"),
)
TYPED: Final = "清潭街12号门口的路灯坏了三天，晚上黑得看不见路，老人出门容易摔倒，麻烦尽快修一下。"


async def main() -> int:
    """Take them all; 1 where there is no browser."""
    path = executable()
    if path is None:
        sys.stderr.write("没有 Chromium / no Chromium: apt-get install chromium fonts-noto-cjk\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="chuishao-screens-") as folder:
        world = World(Path(folder), "--simulated", "--port-base", "24300")
        await world.start()
        try:
            _say("等样例诉求办理 / waiting for the sample")
            await _work(world)
            async with chromium(path) as (browser, outside):
                for name, role, page, options in _pictures(world):
                    if name == LATER:
                        await world.fast_forward(days=24)
                        await asyncio.sleep(4)
                    async with guarded(browser, outside, world.info["console"], options) as screen:
                        screen.looked_at = False
                        screen.allow(".")
                        await screen.sign_in(world.info["tokens"][role], page)
                        await _take(screen, name)
        finally:
            await world.stop()
    return 0


def _pictures(world: World) -> Sequence[tuple[str, str, str, Mapping[str, Any]]]:
    found = world.info["pictured"]
    return (
        ("intake", "operator", "/intake", {}),
        ("inbox", f"unit:{found['unit']}", "/inbox", {}),
        ("ticket", f"unit:{found['unit']}", f"/tickets/{found['number']}", {}),
        ("hall", "dashboard", f"/hall?area={DISTRICT}", WALL),
        ("reception", f"secretary:{SUBDISTRICT}", "/reception", {}),
    )


async def _work(world: World) -> None:
    """Eight days in a few seconds: matters handled and their residents asked, some overdue, some of this morning."""
    await until(_replayed(world), within_s=120)
    tickets = await _tickets(world)
    for at, ticket in enumerate(tickets):
        if at % 5:
            await _handle(world, ticket, whole=at % 5 > 1, solved=at % 7 > 0)
    for days in (5, 2):
        await world.fast_forward(days=days)
        await asyncio.sleep(3)
    now = await world.now()
    await world.move_clock(
        now.replace(hour=2, minute=14) + timedelta(days=(7 - now.weekday()) % 7 or 1)
    )
    await asyncio.sleep(3)
    for text, address in NEW:
        await world.file(text, address=address)
    await asyncio.sleep(3)
    held = [t["unit"] for t in tickets if f"unit:{t['unit']}" in world.info["tokens"]]
    busiest = max(set(held), key=held.count)
    shown = next(t for at, t in enumerate(tickets) if t["unit"] == busiest and at % 5 == 1)
    world.info["pictured"] = {"unit": busiest, "number": shown["number"]}


def _replayed(world: World) -> Any:
    async def there() -> bool:
        return (world.data_dir / "sample.json").exists()

    return there


async def _tickets(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    params = {"limit": "100", "status": "dispatched"}
    while True:
        answer = await world.http.get(
            f"{world.info['router']}/v1/tickets", params=params, headers=world.token("admin")
        )
        page = answer.raise_for_status().json()
        found += page["items"]
        if page["next"] is None:
            return found
        params["cursor"] = page["next"]


async def _handle(world: World, ticket: Mapping[str, Any], *, whole: bool, solved: bool) -> None:
    token = {"Authorization": f"Bearer {world.signed(person_of(ticket['unit']), 'unit')}"}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("accept", {}),
        ("contact", {"result": "phone", "note": "已电话联系，约定上门时间。"}),
        ("handle", {"result": "solved", "note": "已到现场处理完毕。", "no_proof": "居民不便拍照"}),
    ]
    for action, data in steps if whole else steps[:2]:
        await world.http.post(
            f"{world.info['router']}/v1/tickets/{ticket['ticket_id']}/{action}",
            json={"data": data},
            headers=token,
        )
    if not whole:
        return
    headers = world.token("operator")
    path = f"{world.info['intake']}/v1/complaints/{ticket['complaint_id']}/callbacks"

    for _ in range(40):  # until intake has heard that it is handled
        answer = await world.http.post(path, json=SOLVED if solved else NOT_SOLVED, headers=headers)
        if answer.status_code != httpx.codes.CONFLICT:
            break
        await asyncio.sleep(0.1)


async def _take(screen: Screen, name: str) -> None:
    page = screen.page
    if name == "intake":
        words = page.get_by_label("诉求内容")
        await words.fill(TYPED)
        await page.get_by_label("地址").fill("清潭街12号")
    await page.wait_for_timeout(4_000)
    place = PLACE / f"{name}.png"
    place.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=place, animations="disabled")
    picture = Image.open(place).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(place, optimize=True)
    _say(f"{name}: {place.stat().st_size // 1024} KiB")


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
