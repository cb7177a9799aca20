"""A real browser that fails a test on what nobody looks for: words to the outside, a policy broken, an error.

Debian's Chromium is driven by its path. Every request for another host than this machine goes to a proxy of the
test, which answers nobody and notes it: so workers and the browser itself are watched, too.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebError,
    async_playwright,
)

ROOT: Final = Path(__file__).parents[2]
AXE: Final = ROOT / "services/console/web/node_modules/axe-core/axe.min.js"
REPORT: Final = Path(os.environ.get("CHUISHAO_BROWSER_REPORT", ROOT / "browser-report"))
"""Where pictures go."""
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-domain-reliability", "--disable-client-side-phishing-detection",
    "--no-default-browser-check", "--no-pings", "--metrics-recording-only", "--force-color-profile=srgb",
)  # fmt: skip
"""Keep the browser's own business off the network."""
ANSWERED: Final = re.compile(
    r"^Failed to load resource: the server responded with a status of (4\d\d|503)"
)
"""Said by the browser of an answer that a page asked for and shows; of a missing file it is a fault."""
ASKED: Final = ("/api/", "/v1/")
ITS_OWN: Final = frozenset({
    "update.googleapis.com", "accounts.google.com", "clients2.google.com", "android.clients.google.com",
    "content-autofill.googleapis.com", "optimizationguide-pa.googleapis.com", "redirector.gvt1.com",
})  # fmt: skip
"""Hosts that the browser asks for itself whatever its flags say; no page of ours ever would."""
SERIOUS: Final = frozenset({"serious", "critical"})
WORDS: Final = """
addEventListener("securitypolicyviolation", (event) => {
  chuishaoNotes(`${event.effectiveDirective} forbids ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
});
"""
LOOKED_AT: Final = """
() => axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.map(
  (one) => ({ id: one.id, impact: one.impact, help: one.help, where: one.nodes.map((node) => node.target.join(" ")) })
))
"""


class GuardError(AssertionError):
    """What a page did that no page may."""


@dataclass(slots=True)
class Outside:
    """Stands where the way out would be."""

    asked: list[str] = field(default_factory=list)
    port: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note what was asked for; say nothing."""
        with suppress(OSError):
            asked = (await reader.readline()).decode("latin-1").rpartition(" ")[0]
            target = asked.partition(" ")[2]
            host = urlsplit(target if "//" in target else f"//{target}").hostname
            if host not in ITS_OWN:
                self.asked.append(asked)
        writer.close()


@dataclass
class Screen:
    """One person's browser window, watched."""

    context: BrowserContext
    page: Page
    outside: Outside
    home: str
    """Address of the console."""
    found: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)
    looked_at: bool = True
    """Whether axe judges what is left open at the end; not where others wrote the page."""

    def allow(self, pattern: str) -> None:
        """This test makes that happen on purpose: findings that match are none."""
        self.allowed.append(re.compile(pattern))

    async def let_in(self, token: str) -> None:
        """As if the person had typed the token; no page is open yet."""
        answer = await self.context.request.post(
            f"{self.home}/api/v1/session", data={"token": token}
        )
        assert answer.ok, await answer.text()

    async def sign_in(self, token: str, path: str = "/") -> None:
        """The same; then open a page."""
        await self.let_in(token)
        await self.page.goto(f"{self.home}{path}")

    async def picture(self, name: str, *, whole: bool = False) -> Path:
        """A screenshot among the artifacts."""
        place = REPORT / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=place, full_page=whole, animations="disabled")
        return place

    async def look(self, page: Page | None = None) -> None:
        """Note what axe finds wrong and calls serious, as the page stands now."""
        page = page or self.page
        if not page.url.startswith("http") or not await page.locator("body").count():
            return
        await page.evaluate(AXE.read_text("utf-8"))
        for one in await page.evaluate(LOOKED_AT):
            if one["impact"] in SERIOUS:
                where = ", ".join(one["where"][:5])
                self.found.append(f"axe {one['impact']} {one['id']}: {one['help']} ({where})")

    def check(self) -> None:
        """Raises GuardError that names everything."""
        asked = [f"asked outside: {line}" for line in self.outside.asked]
        wrong = [
            one for one in [*self.found, *asked] if not any(p.search(one) for p in self.allowed)
        ]
        if wrong:
            raise GuardError("\n".join(dict.fromkeys(wrong)))

    def watch(self, context: BrowserContext) -> None:
        """Listen to everything the pages of a context say of themselves."""
        context.on("console", self._said)
        context.on("weberror", self._failed)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        place = urlsplit(message.location.get("url", "")).path
        if not (ANSWERED.match(message.text) and place.startswith(ASKED)):
            self.found.append(f"console error: {message.text} ({place})")

    def _failed(self, error: WebError) -> None:
        self.found.append(f"uncaught: {error.error}")

    def broken(self, words: str) -> None:
        """A page says that its content policy was broken."""
        self.found.append(f"policy: {words}")


def executable() -> str | None:
    """The browser: `CHUISHAO_CHROMIUM`, or the one on the path."""
    return os.environ.get("CHUISHAO_CHROMIUM") or shutil.which("chromium")


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[tuple[Browser, Outside]]:
    """A browser with a new profile, whose way out ends here."""
    outside = Outside()
    server = await asyncio.start_server(outside.answer, "127.0.0.1", 0)
    outside.port = server.sockets[0].getsockname()[1]
    async with server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[*FLAGS],
            proxy={"server": f"http://127.0.0.1:{outside.port}", "bypass": "127.0.0.1,localhost"},
        )
        try:
            yield browser, outside
        finally:
            await browser.close()


@asynccontextmanager
async def guarded(
    browser: Browser, outside: Outside, home: str, given: Mapping[str, Any] | None = None
) -> AsyncIterator[Screen]:
    """A window of its own, judged when the test is done with it. Raises GuardError.

    `given` are playwright's options of a context; a desk with a Chinese browser unless it says otherwise.
    """
    outside.asked.clear()
    options: dict[str, Any] = {
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1440, "height": 900},
        "reduced_motion": "reduce",
    } | dict(given or {})
    context = await browser.new_context(**options)
    try:
        screen = Screen(context, await context.new_page(), outside, home)
        screen.watch(context)
        await context.expose_binding("chuishaoNotes", lambda _, words: screen.broken(words))
        await context.add_init_script(WORDS)
        yield screen
        for page in context.pages if screen.looked_at else ():
            await screen.look(page)
        screen.check()
    finally:
        await context.close()
