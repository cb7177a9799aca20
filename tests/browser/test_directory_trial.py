"""An administrator tries a new directory on the page: faults with their places, mended, then what it changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import expect

from chuishao.directory import SAMPLE_DIRECTORY
from tests.support.browser import Screen
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRICES = "\nSJ-JG,,,SJ,"
TO_THE_STREETS = "\nSJ-JG,,,CG-ZF,"
ORDINARY = "[profiles.standard.normal]"
WEEK = '\nresult = "7d"'
FIVE_DAYS = '\nresult = "5wd"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample directory with prices at law enforcement, another limit, and a rule that leads nowhere."""
    copy = tmp_path / "名录"
    shutil.copytree(SAMPLE_DIRECTORY, copy)
    (copy / "备注.docx").write_bytes(b"of the office")
    text = (copy / "catalogue.csv").read_text(encoding="utf-8")
    assert PRICES in text
    _write(copy, text.replace(PRICES, TO_THE_STREETS) + "NO-SUCH,,,NOBODY,,,\n")
    limits = copy / "limits.toml"
    head, mark, rest = limits.read_text(encoding="utf-8").partition(ORDINARY)
    assert WEEK in rest
    limits.write_text(head + mark + rest.replace(WEEK, FIVE_DAYS, 1), encoding="utf-8")
    return copy


def _write(folder: Path, text: str) -> None:
    (folder / "catalogue.csv").write_text(text, encoding="utf-8")


def _mend(folder: Path) -> None:
    text = (folder / "catalogue.csv").read_text(encoding="utf-8")
    _write(folder, text.replace("NO-SUCH,,,NOBODY,,,\n", ""))


async def test_a_folder_is_tried_mended_and_its_changes_read(
    screen: Screen, world: World, folder: Path
) -> None:
    page = screen.page
    await screen.sign_in(world.info["tokens"]["admin"], "/directory")
    await page.get_by_role("tab", name="覆盖").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tab", selected=True)).to_have_text("版本与改动")
    versions = page.get_by_role("region", name="已发布的版本")
    await expect(versions.get_by_role("rowheader", name="第 1 版")).to_be_visible()
    await expect(versions.get_by_text("正在用")).to_have_count(1)
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("选择文件夹")).to_be_focused()
    await page.get_by_label("选择文件夹").set_input_files(folder)
    await expect(page.get_by_role("heading", name="“名录”不能发布")).to_be_visible()
    await page.get_by_role("link", name="catalogue.csv").first.focus()
    await page.keyboard.press("Enter")
    wrong = page.get_by_role("region", name="必须改").get_by_role("row", name="NO-SUCH")
    await expect(wrong.first).to_be_in_viewport()
    await expect(wrong.first.get_by_role("rowheader")).to_contain_text("catalogue.csv:")
    await screen.look()
    await screen.picture("directory-trial-faults", whole=True)

    _mend(folder)
    await page.get_by_label("选择文件夹").set_input_files(folder)
    await expect(page.get_by_role("heading", name="“名录”可以发布")).to_be_visible()
    effect = page.get_by_role("region", name="版相比的影响")
    await expect(effect.get_by_text("换责任单位（网格 × 事项）")).to_be_visible()
    owners = page.get_by_role("region", name="换责任单位（")
    await expect(owners.get_by_role("row").nth(1)).to_contain_text("综合行政执法中队")
    rules = page.get_by_role("region", name="派单规则改动")
    await expect(rules.get_by_role("row").first).to_contain_text("主办")
    limits = page.get_by_role("region", name="时限改动")
    await expect(limits.get_by_role("row")).to_contain_text("时限 · 一般 · 办结时限：7d → 5wd")
    await expect(page.get_by_text("chuishao directory load 名录")).to_be_visible()
    await screen.look()
    await screen.picture("directory-trial-changes", whole=True)


async def test_a_zip_of_what_is_in_force_changes_nothing(
    screen: Screen, world: World, tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "now"), "zip", SAMPLE_DIRECTORY)
    page = screen.page
    await screen.sign_in(world.info["tokens"]["admin"], "/directory")
    await page.get_by_role("tab", name="版本与改动").click()
    await page.get_by_label("选择 zip 压缩包").set_input_files(archive)
    await expect(page.get_by_role("heading", name="与第 1 版相同")).to_be_visible()
    await screen.picture("directory-trial-same")
    await page.get_by_label("选择 zip 压缩包").set_input_files(SAMPLE_DIRECTORY / "units.csv")
    await expect(page.get_by_role("alert")).to_contain_text("zip")


async def test_who_may_not_publish_may_not_try(screen: Screen, world: World) -> None:
    page = screen.page
    await screen.sign_in(world.info["tokens"]["dispatcher"], "/directory")
    await page.get_by_role("tab", name="版本与改动").click()
    await expect(page.get_by_text("您不能打开这个页面")).to_be_visible()
    await expect(page.get_by_label("选择文件夹")).to_have_count(0)
