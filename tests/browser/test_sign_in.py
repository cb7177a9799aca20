"""Signing in at the screens, in a browser: by token, back to where one was going, and out again."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import Screen
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_token_signs_a_browser_in_and_the_cookie_is_out_of_reach_of_scripts(
    screen: Screen, world: World
) -> None:
    page = screen.page
    await page.goto(screen.home)
    await expect(page).to_have_url(re.compile(r"/login"))
    await screen.picture("sign-in")
    await page.get_by_role("textbox").first.fill(world.info["tokens"]["operator"])
    await page.keyboard.press("Enter")
    await expect(page).not_to_have_url(re.compile(r"/login"))
    assert await page.evaluate("() => document.cookie") == ""
    [cookie] = await screen.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")


async def test_a_page_of_ours_may_write_and_the_same_cookie_alone_may_not(
    screen: Screen, world: World
) -> None:
    await screen.sign_in(world.info["tokens"]["operator"])
    written = await screen.page.evaluate("""async () => {
      const session = await (await fetch("/api/v1/session")).json();
      const ask = (headers) => fetch("/v1/explain", {
        method: "POST", body: JSON.stringify({ text: "路灯坏了", address: "清潭街12号" }),
        headers: { "Content-Type": "application/json", ...headers },
      });
      const answers = [await ask({}), await ask({ "X-CSRF-Token": session.csrf })];
      return answers.map((answer) => answer.status);
    }""")
    assert written == [403, 200]
