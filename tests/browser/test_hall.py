"""The command hall in a browser: walls that a tablet leads, the map and its list, figures and their file."""

from __future__ import annotations

import base64
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from openpyxl import load_workbook
from playwright.async_api import Page, ViewportSize, expect

from kit.city_time import CITY_TIME
from tests.support.browser import Screen
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

FULL_HD: Final[ViewportSize] = {"width": 1920, "height": 1080}
FOUR_K: Final[ViewportSize] = {"width": 3840, "height": 2160}
DISTRICT: Final = "370105"
TABLET: Final[ViewportSize] = {"width": 1180, "height": 820}


ALIKE: Final = """
async ([addresses, box]) => {
  const [one, other] = await Promise.all(addresses.map(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(box.x, box.y, box.width, box.height).data;
  }));
  let [inked, alike] = [0, 0];
  for (let i = 0; i < one.length; i += 4) {
    if (Math.max(one[i], one[i + 1], one[i + 2]) < 80) continue;
    inked += 1;
    alike += [0, 1, 2].every((k) => Math.abs(one[i + k] - other[i + k]) < 40);
  }
  return inked ? alike / inked : 0;
}
"""
"""Which share of what is bright in a part of the first picture is the same in the second."""


def data_url(picture: Path) -> str:
    """A picture as an address, as the policy of our pages lets it be shown."""
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


async def counter(page: Page, name: str) -> int:
    """A number on the wall, by the words above it."""
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name))
    return int((await card.locator(".value").inner_text()).replace(",", ""))


async def test_a_wall_shows_the_district_and_what_is_filed_meanwhile(
    screen: Screen, world: World
) -> None:
    page = screen.page
    await page.set_viewport_size(FULL_HD)
    await screen.sign_in(world.info["tokens"]["dashboard"], "/hall")
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("接诉即办指挥大屏"))
    await expect(page.get_by_text("数据实时")).to_be_visible()
    await expect(page.locator(".map .grid")).to_have_count(42)
    rates = page.locator("section", has=page.get_by_role("heading", name="三率"))
    await expect(rates.get_by_role("listitem")).to_have_count(3)
    await expect(rates).to_contain_text("÷")
    before = await counter(page, "今日受理")
    filed = await world.file("小区门口路灯不亮，请来看看。", address="清潭街12号")
    await expect(page.locator(".received .value")).to_have_text(
        re.compile(rf"^{before + 1:,}$"), timeout=15_000
    )
    place = page.get_by_role("row").filter(has_text="无影潭社区")
    await expect(place.get_by_role("cell").nth(2)).not_to_have_text("0")
    assert filed["number"] not in await page.inner_text("main")
    await screen.picture("hall-1080")
    await page.set_viewport_size(FOUR_K)
    await expect(page.locator(".map .grid")).to_have_count(42)
    wide = await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert wide
    await screen.picture("hall-4k")


async def test_the_tablet_leads_the_wall(screen: Screen, world: World) -> None:
    await world.file("单元门锁坏了，请来修一下。", address="阳光花园2号楼")
    tablet = screen.page
    await tablet.set_viewport_size(TABLET)
    await screen.sign_in(world.info["tokens"]["dispatcher"], "/hall/control")
    wall = await screen.context.new_page()
    await wall.set_viewport_size(FULL_HD)
    await wall.goto(f"{screen.home}/hall")
    for name in ("排名", "升级", "地图"):
        await tablet.get_by_role("button", name=name, exact=True).press("Enter")
        await expect(wall.locator(".pages [aria-current]")).to_have_text(name)
        await expect(tablet.get_by_role("status").filter(has_text="大屏正在显示")).to_contain_text(
            name
        )
        await wall.screenshot(
            path=str((await screen.picture("hall-control")).with_name(f"hall-{name}.png"))
        )
    await tablet.get_by_role("button", name="超期", exact=True).press("Enter")
    await expect(wall.get_by_role("heading", name=re.compile("超期$")).first).to_be_visible()
    await tablet.get_by_role("button", name="热力", exact=True).press("Enter")
    await expect(wall.get_by_text("在办密度，与最密处相比")).to_be_visible()
    await expect(wall.locator(".map .heat rect").first).to_be_visible()
    await expect(wall.locator(".map .count")).to_have_count(0)
    await wall.screenshot(
        path=str((await screen.picture("hall-control")).with_name("hall-heat.png"))
    )
    await tablet.get_by_role("button", name="在办", exact=True).press("Enter")
    await tablet.get_by_role("button", name="总览", exact=True).press("Enter")
    await wall.close()


KEEP_MOMENT: Final = """
insert into console.wall_moment values ($1, $2, $3)
on conflict (area, at) do update set counts = excluded.counts
"""
KEEP_SAMPLE: Final = """
insert into console.wall_sample values ($1, $2, $3)
on conflict (area, at) do update set counts = excluded.counts
"""


async def kept_moments(world: World, place: str) -> list[datetime]:
    """The console's records of the last two hours, as if it had kept them: the older, the more was open."""
    now = await world.now()
    last = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    times = [last - timedelta(minutes=15 * n) for n in range(8, 0, -1)]
    conn = await asyncpg.connect(world.info["postgres"])
    try:
        for n, at in enumerate(times):
            for area in (DISTRICT, place):
                counts = {"open": 4008 - n, "overdue": 8 - n, "category.GGSS-03": 30}
                for statement in (KEEP_MOMENT, KEEP_SAMPLE):
                    await conn.execute(statement, at, area, json.dumps(counts))
    finally:
        await conn.close()
    return times


async def test_the_tablet_shows_the_last_day_again_on_the_wall_until_it_is_live_by_itself(
    screen: Screen, world: World
) -> None:
    tablet = screen.page
    await tablet.set_viewport_size(TABLET)
    await screen.let_in(world.info["tokens"]["dispatcher"])
    told = await screen.context.request.get(f"{screen.home}/api/v1/outlines?levels=3")
    areas = (await told.json())["items"]
    place = next(one["code"] for one in areas if one["level"] == "community")
    times = await kept_moments(world, place)
    await tablet.goto(f"{screen.home}/hall/control")
    wall = await screen.context.new_page()
    await wall.set_viewport_size(FULL_HD)
    await wall.goto(f"{screen.home}/hall")
    opened = wall.locator(".six .open .value")
    await expect(opened).to_have_text(re.compile(r"^\d{1,3}$"))
    live = await opened.inner_text()
    slide = tablet.get_by_role("slider", name=re.compile("回放到"))
    await tablet.get_by_role("button", name="从头回放").press("Enter")
    await expect(wall.get_by_role("region", name="回放")).to_be_visible()
    await tablet.get_by_role("button", name="暂停").press("Enter")
    await expect(tablet.get_by_role("button", name="继续回放")).to_be_visible()
    band = wall.get_by_role("region", name="回放")
    shown = times[3].astimezone(CITY_TIME).strftime("%m-%d %H:%M")
    await slide.press("End")
    while await slide.get_attribute("aria-valuetext") != shown:
        before = await slide.input_value()
        await slide.press("ArrowLeft")
        await expect(slide).not_to_have_value(before)
    await expect(band.get_by_role("time")).to_have_text(shown)
    await expect(band).to_contain_text("不是实时画面")
    await expect(opened).to_have_text("4,005")
    await expect(wall.get_by_role("row").filter(has_text="4,005")).to_be_visible()
    await expect(wall.get_by_text("数据实时")).to_have_count(0)
    await screen.look(wall)
    for name, size in (("hall-replay-1080", FULL_HD), ("hall-replay-4k", FOUR_K)):
        await wall.set_viewport_size(size)
        await wall.screenshot(
            path=str((await screen.picture("hall-control-replay")).with_name(f"{name}.png"))
        )
    await tablet.get_by_role("button", name="回到实时").press("Enter")
    await expect(band).to_have_count(0)
    await expect(opened).to_have_text(live)
    await slide.press("ArrowLeft")
    await expect(band).to_be_visible()
    await expect(band).to_have_count(0, timeout=60_000)
    await expect(wall.get_by_text("数据实时")).to_be_visible()
    await wall.close()


async def test_alarms_are_heard_once_the_tablet_says_so_and_somebody_touched_the_wall(
    screen: Screen, world: World
) -> None:
    tablet = screen.page
    await screen.sign_in(world.info["tokens"]["dispatcher"], "/hall/control")
    wall = await screen.context.new_page()
    await wall.set_viewport_size(FULL_HD)
    await wall.goto(f"{screen.home}/hall")
    sound = wall.get_by_role("button", name=re.compile("^报警声音"))
    await expect(sound).to_have_text("报警声音关")
    await tablet.get_by_role("checkbox", name=re.compile("^大屏报警有声")).check()
    await expect(sound).to_have_text("报警声音待启用：请在此屏按任意键")
    await wall.keyboard.press("Shift")
    await expect(sound).to_have_text("报警声音开")
    await wall.keyboard.press("s")
    await expect(sound).to_have_text("报警声音关")
    await tablet.get_by_role("checkbox", name=re.compile("^大屏报警有声")).uncheck()
    await wall.close()


async def test_the_wall_is_kept_as_a_picture_that_shows_what_the_wall_shows(
    screen: Screen, world: World
) -> None:
    page = screen.page
    await page.set_viewport_size(FULL_HD)
    await kept_moments(world, DISTRICT)
    await screen.sign_in(world.info["tokens"]["dashboard"], "/hall")
    await expect(page.locator(".map .grid")).to_have_count(42)
    await expect(page.locator(".rates")).to_contain_text("÷")
    await expect(page.locator(".chart canvas").first).to_be_visible()
    await expect(page.get_by_text("数据实时")).to_be_visible()
    async with page.expect_download() as coming:
        await page.keyboard.press("p")
    download = await coming.value
    assert re.fullmatch(r"chuishao-overview-\d\d-\d\d-\d{4}\.png", download.suggested_filename)
    await expect(page.get_by_role("alert").filter(has_text="未能导出")).to_have_count(0)
    kept = (await screen.picture("hall-screen")).with_name("hall-kept.png")
    await download.save_as(kept)
    shot = kept.with_name("hall-screen.png")
    both = [data_url(shot), data_url(kept)]
    for part in (".counters", ".map", ".rates", ".chart canvas", ".ranks", ".foot .name"):
        box = await page.locator(part).first.bounding_box()
        assert await page.evaluate(ALIKE, [both, box]) > 0.9, part


async def test_grids_are_chosen_on_the_list_by_keys_and_tell_their_tickets(
    screen: Screen, world: World
) -> None:
    filed = await world.file("单元门禁坏了，外人随便进。", address="阳光花园3号楼")
    await world.ticket_when(filed["complaint_id"], lambda ticket: ticket["unit"] != "DESK")
    await screen.sign_in(world.info["tokens"]["dispatcher"], "/map")
    page = screen.page
    grids = page.get_by_role("grid", name="视野内的网格")
    await expect(grids).to_have_attribute("aria-rowcount", re.compile(r"\d{2}"))
    await expect(page.locator(".leaflet-interactive").first).to_be_visible()
    await grids.focus()
    await page.keyboard.press("Home")
    tickets = page.get_by_role("grid", name="工单")
    await expect(tickets.get_by_role("row").nth(1)).to_be_visible()
    await screen.picture("map")


async def test_figures_are_shown_with_their_meaning_and_go_into_a_spreadsheet(
    screen: Screen, world: World
) -> None:
    await screen.sign_in(world.info["tokens"]["dispatcher"], "/stats")
    page = screen.page
    await page.get_by_role("combobox", name=re.compile("^分组")).select_option(label="诉求类别")
    await expect(page.get_by_role("heading", name="解决率，按诉求类别")).to_be_visible()
    await expect(page.get_by_role("rowheader", name="合计")).to_be_visible()
    await expect(page.get_by_text("回访答“已解决” ÷ 有答复的回访").first).to_be_visible()
    await screen.picture("stats", whole=True)
    link = page.get_by_role("link", name="导出 Excel")
    async with page.expect_download() as coming:
        await link.press("Enter")
    download = await coming.value
    assert download.suggested_filename.endswith(".xlsx")
    href = await link.get_attribute("href")
    answer = await screen.context.request.get(f"{screen.home}{href}")
    book = load_workbook(io.BytesIO(await answer.body()))
    assert book.sheetnames == ["chuishao", "口径"]
    assert [book["chuishao"].cell(1, n).value for n in (1, 2, 3)] == ["诉求类别", "名称", "响应率"]
    assert book["chuishao"].cell(2, 2).value == "合计"
