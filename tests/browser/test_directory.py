"""The city's directory as its caretakers look at it: what is covered, who holds which post, what goes where."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import Screen
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_part_by_keyboard_alone(screen: Screen, world: World) -> None:
    page = screen.page
    await screen.sign_in(world.info["tokens"]["dispatcher"], "/directory")
    await expect(page.get_by_role("heading", name="城市目录")).to_be_visible()
    await expect(page.get_by_text("第 1 版")).to_be_visible()
    tabs = page.get_by_role("tab")
    await tabs.filter(has_text="覆盖").focus()
    await expect(page.get_by_role("tabpanel").get_by_role("heading").first).to_be_visible()
    await screen.picture("directory-coverage")
    await page.keyboard.press("ArrowRight")
    tree = page.get_by_role("tree", name="单位与岗位")
    await tree.focus()
    for key in ("Home", "ArrowRight", "Enter"):
        await page.keyboard.press(key)
    await expect(tree.get_by_role("treeitem", level=2).first).to_have_attribute(
        "aria-selected", "true"
    )
    await expect(page.get_by_role("cell", name="在岗", exact=True).first).to_be_visible()
    await screen.picture("directory-units")
    await tabs.filter(has_text="单位与岗位").focus()
    await page.keyboard.press("ArrowRight")
    areas = page.get_by_role("tree", name="区划")
    await areas.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        await page.keyboard.press(key)
    await expect(areas.get_by_role("treeitem", name="无影潭社区")).to_be_visible()
    await screen.picture("directory-areas")
    await tabs.filter(has_text="区划").focus()
    await page.keyboard.press("ArrowRight")
    await page.get_by_label("按事项、单位或编码筛选").fill("电梯")
    await expect(page.get_by_role("rowheader", name="电梯故障").first).to_be_visible()
    await screen.picture("directory-rules")
    await tabs.filter(has_text="派单目录").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", selected=True)).to_have_text("失联单位")
    await expect(page.get_by_role("tabpanel")).to_contain_text("单位")


async def test_others_are_told_that_it_is_not_theirs(screen: Screen, world: World) -> None:
    await screen.sign_in(world.info["tokens"]["operator"], "/directory")
    await expect(screen.page.get_by_text("您不能打开这个页面")).to_be_visible()
