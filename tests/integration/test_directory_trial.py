"""A directory tried over HTTP: checked and set beside what is in force; bounded, for admins, and nothing is kept."""

from __future__ import annotations

import asyncio
import io
import tempfile
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.db import Pool
from services.router.publishing import packed, programs, trial
from services.router.publishing.catalogue import publish
from services.router.publishing.programs import Telling
from tests.support import sample
from tests.support.desk import GARBAGE, Desk, opened
from tests.support.servers import Database

WAY = "/v1/directory/trial"


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    """A router with the sample district in force."""
    async with opened(router_pool, database.dsn(), sample.tables()) as made:
        yield made


def folder(**changed: str) -> dict[str, str]:
    """The sample folder, name to text; `catalogue="…"` stands for catalogue.csv."""
    texts = {
        file.relative_to(sample.FOLDER).as_posix(): file.read_text(encoding="utf-8")
        for file in sample.FOLDER.rglob("*")
        if file.is_file()
    }
    return texts | {f"{part}.csv": text for part, text in changed.items()}


def catalogue() -> str:
    """Prices go to law enforcement instead of the market office."""
    text = folder()["catalogue.csv"]
    assert "\nSJ-JG,,,SJ," in text
    return text.replace("\nSJ-JG,,,SJ,", "\nSJ-JG,,,CG-ZF,")


def zipped(texts: Mapping[str, str | bytes], root: str = "") -> bytes:
    """A zip of these files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in texts.items():
            made.writestr(root + name, text)
    return body.getvalue()


async def tried(
    desk: Desk, body: bytes, *, who: str = "admin", kind: str = "application/zip"
) -> httpx.Response:
    headers = desk.token(who) | {"Content-Type": kind}
    return await desk.http.post(WAY, content=body, headers=headers)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, empty."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def left_in(place: Path) -> list[str]:
    return [file.name for file in place.iterdir()]


async def versions(desk: Desk, **params: Any) -> dict[str, Any]:
    answer = await desk.get("directory/versions", who="admin", **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_trial_says_what_the_command_says_and_keeps_nothing(
    desk: Desk, tmp_path: Path, scratch: Path
) -> None:
    await desk.file(GARBAGE["text"])
    texts = folder(catalogue=catalogue())
    mine = tmp_path / "mine"
    for name, text in texts.items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text(text, encoding="utf-8")
    answer = await tried(desk, zipped(texts, "名录/"))
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["difference"] == await programs.diff(desk.pool, mine, Telling(lambda _: None))
    assert said["difference"]["summary"]["cells_with_another_owner"] > 0
    assert said["difference"]["tickets"]["open_tickets"] == 1
    assert said["rows"]["areas"] == len(sample.tables()["areas"])
    assert left_in(scratch) == []
    assert [one["version"] for one in (await versions(desk))["items"]] == [1]


async def test_the_same_directory_is_fit_and_changes_nothing(desk: Desk) -> None:
    said = (await tried(desk, zipped(folder()))).json()
    assert said["fit"] is True
    assert said["coverage"]["open_cells"] == 0
    assert said["tests"]["failed"] == 0
    assert not any(said["difference"]["summary"].values())


async def test_other_limits_alone_are_a_change(desk: Desk) -> None:
    texts = folder()
    head, mark, rest = texts["limits.toml"].partition("[profiles.standard.normal]\n")
    assert mark
    assert '\nresult = "7d"' in rest
    texts["limits.toml"] = head + mark + rest.replace('\nresult = "7d"', '\nresult = "5wd"', 1)
    texts["contacts.csv"] = texts["contacts.csv"].replace("13800000001", "13900001234")
    said = (await tried(desk, zipped(texts))).json()["difference"]
    assert {part: count for part, count in said["summary"].items() if count} == {
        "limits": 1,
        "contacts": 1,
    }
    assert said["limits"]["changed"] == {"standard": {"limits.normal.result": ["7d", "5wd"]}}
    assert "13900001234" not in str(said)
    assert "13800000001" not in str(said)


async def test_every_fault_is_told_with_its_place_and_how_to_mend_it(desk: Desk) -> None:
    texts = folder(catalogue=folder()["catalogue.csv"] + "NO-SUCH,,,NOBODY,,,\n")
    del texts["units.csv"]
    said = (await tried(desk, zipped(texts))).json()
    assert said["fit"] is False
    assert said["difference"] is None
    where = {(one["file"], one["kind"]): one for one in said["faults"]}
    assert where["units.csv", "missing-file"]["line"] == 0
    unknown = next(one for one in said["faults"] if "NO-SUCH" in one["remedy"])
    assert unknown["file"] == "catalogue.csv"
    assert unknown["line"] == texts["catalogue.csv"].count("\n")
    assert " / " in unknown["remedy"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "zip"),
        (b"plain", "zip"),
        (zipped(folder())[:-30], "zip"),
        (zipped({"notes.txt": "x"}), "units.csv"),
        (zipped({"a.csv": ""}), "units.csv"),
        (zipped({f"{n}.csv": "" for n in range(packed.ENTRIES_MOST + 1)}), f"over {packed.ENTRIES_MOST}"),
        (zipped({"units.csv": "", "calendar/a b\x1b.csv": ""}), "calendar"),
    ],
    ids=["empty", "no zip", "cut off", "something else", "none of ours", "many", "a strange name"],
)  # fmt: skip
async def test_what_is_no_directory_is_refused_with_a_remedy(
    desk: Desk, body: bytes, words: str
) -> None:
    answer = await tried(desk, body)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["errors"][0]["en"]


async def test_a_path_that_leads_outside_leads_nowhere(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "units.csv"
    texts = folder() | {f"../../../../../../{out}": "code\n", "../posts.csv": "post\n"}
    said = (await tried(desk, zipped(texts))).json()
    assert said["fit"] is True
    assert not out.exists()


@pytest.mark.parametrize("name", ["units.csv", "calendar/2026.csv"])
async def test_a_bomb_is_refused_before_it_is_unpacked(
    desk: Desk, name: str, scratch: Path
) -> None:
    body = zipped(folder() | {name: b"0" * (packed.UNPACKED_MOST + 1)})
    assert len(body) < trial.LIMIT
    answer = await tried(desk, body)
    assert (answer.status_code, answer.json()["title"]) == (413, "too-large")
    assert "directory diff" in answer.json()["detail"]
    assert left_in(scratch) == []


async def test_a_zip_over_the_limit_is_refused_by_its_length_and_as_it_comes(desk: Desk) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(trial.LIMIT // 100_000 + 2):
            yield b"x" * 100_000

    headers = desk.token("admin") | {"Content-Type": "application/zip"}
    for body in (b"x" * (trial.LIMIT + 1), endless()):
        answer = await desk.http.post(WAY, content=body, headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (413, "too-large")


async def test_only_so_many_are_taken_at_once(desk: Desk) -> None:
    waiting, go = asyncio.Semaphore(0), asyncio.Event()
    whole = zipped(folder())

    async def slow() -> AsyncIterator[bytes]:
        waiting.release()
        await go.wait()
        yield whole

    headers = desk.token("admin") | {"Content-Type": "application/zip"}
    async with asyncio.TaskGroup() as group:
        under_way = [
            group.create_task(desk.http.post(WAY, content=slow(), headers=headers))
            for _ in range(trial.AT_ONCE)
        ]
        for _ in under_way:
            await waiting.acquire()
        busy = await tried(desk, whole)
        go.set()
    assert (busy.status_code, busy.json()["title"]) == (503, "trials-busy")
    assert [one.result().status_code for one in under_way] == [200] * trial.AT_ONCE
    assert (await tried(desk, whole)).status_code == 200


async def test_another_kind_of_body_is_refused(desk: Desk) -> None:
    assert (await tried(desk, b"x", kind="multipart/form-data")).status_code == 415


@pytest.mark.parametrize("who", ["dispatcher", "operator", "auditor", "secretary", "unit:WY-1"])
async def test_only_an_admin_may_try_one_or_see_the_list(desk: Desk, who: str) -> None:
    assert (await tried(desk, zipped(folder()), who=who)).status_code == 403
    assert (await desk.get("directory/versions", who=who)).status_code == 403


async def test_without_signing_in_nothing_is_tried(desk: Desk) -> None:
    answer = await desk.http.post(WAY, content=b"x", headers={"Content-Type": "application/zip"})
    assert answer.status_code == 401
    assert (await desk.http.get("/v1/directory/versions")).status_code == 401


async def test_versions_are_listed_newest_first_page_by_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.router.publishing.catalogue.PAGE", 2)
    for number in (2, 3):
        areas = [
            area.model_copy(update={"name": f"{area.name}{number}"}) if n == 0 else area
            for n, area in enumerate(sample.tables()["areas"])
        ]
        await publish(desk.pool, sample.tables() | {"areas": areas}, by=f"person-{number}")
    first = await versions(desk)
    assert [(one["version"], one["published_by"]) for one in first["items"]] == [
        (3, "person-3"),
        (2, "person-2"),
    ]
    rest = await versions(desk, cursor=first["next"])
    assert [(one["version"], one["in_force"]) for one in rest["items"]] == [(1, False)]
    assert [one["in_force"] for one in first["items"]] == [True, False]
    assert rest["next"] is None
