"""What watches every browser test sees what it is there for: a page that does wrong on purpose is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from services.console.web import CSP
from tests.support.browser import GuardError, Outside, Screen, guarded
from tests.support.console import played

pytestmark = pytest.mark.asyncio(loop_scope="session")
Chromium = tuple[Browser, Outside]
PAGE: Final = '<!doctype html><html lang="zh-CN"><title>页</title><main><h1>好</h1>{}</main>'
SCRIPT: Final = '<p id="done">–</p><script src="/page.js"></script>'
DONE: Final = ';document.getElementById("done").textContent = "done";'


@asynccontextmanager
async def window(browser: Chromium, body: str, script: str = "") -> AsyncIterator[Screen]:
    """A window at a page of the test, under the console's own policy."""
    files = {"/": (PAGE.format(body), "text/html"), "/page.js": (script, "text/javascript")}
    files["/worker.js"] = (
        'fetch("http://worker.example/w").catch(() => postMessage(1));',
        "text/javascript",
    )
    files["/favicon.ico"] = ("", "image/x-icon")
    files["/page.css"] = ("p { color: #aaa; background: #fff }", "text/css")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
        text, kind = files.get(path, ("", ""))
        status = "200 OK" if kind else "404 Not Found"
        policy = "" if path == "/worker.js" else f"Content-Security-Policy: {CSP}\r\n"
        size = len(text.encode())
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {size}\r\n"
        writer.write(f"{head}{policy}Connection: close\r\n\r\n{text}".encode())
        writer.close()

    async with played(answer) as home, guarded(*browser, home) as screen:
        await screen.page.goto(home)
        yield screen


async def opened(browser: Chromium, script: str, allowed: str = "^never$") -> None:
    """A page with this script, to its end."""
    async with window(browser, SCRIPT, script) as screen:
        screen.allow(allowed)
        if "location" in script:
            await screen.page.wait_for_event("requestfailed")
        else:
            await expect(screen.page.locator("#done")).to_have_text("done")


async def shown(browser: Chromium, body: str) -> None:
    """A page with this in it and no script."""
    async with window(browser, body):
        pass


async def test_a_page_that_does_no_wrong_passes(browser: Chromium) -> None:
    await opened(browser, DONE)


WRONG: Final = {
    "asked outside: GET http://outside.example/x": 'location.href = "http://outside.example/x";',
    "asked outside: GET http://worker.example/w": (
        f'new Worker("/worker.js").onmessage = () => {{ {DONE} }};'
    ),
    "policy: img-src": f'const i = new Image(); i.onerror = () => {{ {DONE} }}; i.src = "http://outside.example/i.png";',
    "policy: connect-src": f'fetch("http://outside.example/").catch(() => {{ {DONE} }});',
    "policy: script-src": f'const s = document.createElement("script"); s.text = "1"; document.body.append(s){DONE}',
    "console error: broken on purpose": f'console.error("broken on purpose"){DONE}',
    "uncaught: .*lost on purpose": f'setTimeout(() => {{ {DONE} throw new Error("lost on purpose") }})',
    "console error: .*404.*none.css": (
        'const l = document.createElement("link"); l.rel = "stylesheet"; l.href = "/none.css";'
        f"l.onerror = () => {{ {DONE} }}; document.head.append(l);"
    ),
}


@pytest.mark.parametrize(("named", "script"), WRONG.items())
async def test_a_page_that_does_wrong_is_named(browser: Chromium, named: str, script: str) -> None:
    with pytest.raises(GuardError, match=named):
        await opened(browser, script)


@pytest.mark.parametrize(
    ("named", "body"),
    [
        ("axe critical image-alt", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
        (
            "axe serious color-contrast",
            '<link rel="stylesheet" href="/page.css"><p>看不清 hard to read</p>',
        ),
    ],
)
async def test_what_somebody_cannot_see_or_read_is_named(
    browser: Chromium, named: str, body: str
) -> None:
    with pytest.raises(GuardError, match=named):
        await shown(browser, body)


async def test_what_a_test_does_on_purpose_may_be_allowed_and_nothing_else(
    browser: Chromium,
) -> None:
    script = WRONG["console error: broken on purpose"]
    await opened(browser, script, "broken on purpose")
    with pytest.raises(GuardError, match="broken"):
        await opened(browser, script, "something else")
