"""What a browser gets of the front end: its page everywhere, its files by name, nothing else of the disk."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from kit.auth import TokenVerifier
from kit.edge import Edge
from kit.http import Shared
from services.console.api import make_app
from services.console.forwarding import Forwarder
from services.console.web import CSP, Front
from tests.support.console import nobodys

INDEX: Final = "<!doctype html><title>page</title>"
SCRIPT: Final = "export default 1;" * 100
POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "m").mkdir()
    (folder / "m" / "worker.js").write_text(SCRIPT)
    (folder / "assets" / "page-1a2b.js").write_text(SCRIPT)
    (folder / "assets" / "page-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "page-1a2b.js.map").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "linked.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def http(static: Path) -> AsyncIterator[httpx.AsyncClient]:
    nothing: Any = None
    app = make_app(
        Shared("console", nothing, TokenVerifier(""), {}),
        sight=nobodys(nothing),
        forwarder=Forwarder({}),
        front=Front(static),
    )
    transport = httpx.ASGITransport(Edge(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/inbox", "/tickets/370105260302000001", "/m/inbox?x=1"])
async def test_every_address_of_the_browsers_is_the_page(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-security-policy"] == POLICY == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_named_by_its_content_is_kept_for_good_and_comes_compressed(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/assets/page-1a2b.js", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(SCRIPT) / 5
    assert answer.text == SCRIPT
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    plain = await http.get("/assets/page-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert (plain.text, "content-encoding" in plain.headers) == (SCRIPT, False)
    assert "immutable" not in (await http.get("/favicon.svg")).headers["cache-control"]


async def test_a_phones_service_worker_is_never_kept_and_reaches_no_further_than_its_folder(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/m/worker.js")
    assert (answer.text, answer.headers["cache-control"]) == (SCRIPT, "no-store")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-security-policy"] == POLICY
    assert "service-worker-allowed" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/other.js", "/assets/page-1a2b.js.map", "/secret.txt", "/../secret.txt", "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/linked.txt", "//etc/secret.txt",
        "/plain/secret.txt", "/plain/..%2fsecret.txt", "/api/v1/nothing", "/api/", "/t/",
    ],
)  # fmt: skip
async def test_nothing_else_of_the_disk_is_a_file(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(httpx.URL("http://console").copy_with(raw_path=path.encode()))
    assert answer.status_code == 404, answer.text
    assert "secret" not in answer.text


async def test_a_build_made_meanwhile_is_noticed_and_none_says_how_to_make_one(
    http: httpx.AsyncClient, static: Path
) -> None:
    (static / "assets" / "page-3c4d.js").write_text("export default 2;")
    (static / "index.html").write_text("new")
    os.utime(static / "index.html", ns=(1, 1))
    assert (await http.get("/")).text == "new"
    assert (await http.get("/assets/page-3c4d.js")).status_code == 200
    (static / "index.html").unlink()
    answer = await http.get("/inbox")
    assert answer.status_code == 503
    assert answer.text.count("make web") == 2
    assert (await http.get("/assets/page-3c4d.js")).status_code == 404
