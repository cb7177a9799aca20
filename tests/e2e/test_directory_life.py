"""A city divides a grid anew: compared, replayed, refused while wrong, loaded, and its open tickets follow."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.lane import base
from tests.support.pictures import photo
from tests.support.world import MONDAY, ROOT, SAMPLE, World, until

OLD = "370105001013005"
EAST, WEST = "370105001013021", "370105001013022"
MOVED = ("P0142", "P0169")
"""The leaders of SZ and of GD."""
PILED = {"text": "邻居在楼道里堆满杂物，纸箱子摞到天花板", "category": "XF-DZ"}


def own_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="chuishao-e2e-dir-")).resolve()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A product of this test alone: it changes the directory."""
    folder = await asyncio.to_thread(own_folder)
    own = World(folder, "--port-base", str(base(27_900)), "--no-sample", "--simulated")
    await own.start()
    await own.move_clock(MONDAY)
    yield own
    assert await own.stop() == 0
    shutil.rmtree(folder, ignore_errors=True)


def divided(into: Path) -> Path:
    """The sample with one open compound cut in two, its buildings and grid team with it."""
    shutil.copytree(SAMPLE, into)
    areas = (into / "areas.csv").read_text(encoding="utf-8").splitlines()
    areas = [f"{areas[0]},successors", *(f"{line}," for line in areas[1:])]
    half = iter([EAST, WEST] * 50)
    for n, line in enumerate(areas):
        if line.startswith(f"{OLD},"):
            cells = line.split(",")
            cells[7], cells[8] = "2026-11-23", f"{EAST}|{WEST}"
            areas[n] = ",".join(cells)
        elif f",{OLD},building," in line:
            areas[n] = line.replace(OLD, next(half), 1)
    for code, name in ((EAST, "西山南里东院"), (WEST, "西山南里西院")):
        areas.append(f"{code},370105001013,compound,{name},,open,2026-11-23,,")
    (into / "areas.csv").write_text("\n".join(areas) + "\n", encoding="utf-8")
    for file, lines in (
        ("units.csv", [f"GT-05{n},西山南里{n}网格,grid_team,SQ-005,{code},standard,SQ-005,no,"
                       for n, code in ((1, EAST), (2, WEST))]),
        ("posts.csv", [f"GT-05{n}-Z,GT-05{n},,leader,P990{n},某人,1380000990{n},work,,,"
                       for n in (1, 2)]),
    ):  # fmt: skip
        with (into / file).open("a", encoding="utf-8") as text:
            text.writelines(f"{line}\n" for line in lines)
    # Two leaders change places: whoever spoke for SZ speaks for GD now, and the other way round.
    posts = (into / "posts.csv").read_text(encoding="utf-8")
    swapped = {f",leader,{one},": f",leader,{other}," for one, other in (MOVED, MOVED[::-1])}
    posts = re.sub("|".join(swapped), lambda m: swapped[m[0]], posts)
    (into / "posts.csv").write_text(posts, encoding="utf-8")
    for file in ("places.csv", "areas.geojson", "catalogue.csv", "readers.csv"):
        path = into / file
        path.write_text(path.read_text(encoding="utf-8").replace(OLD, EAST), encoding="utf-8")
    return into


async def directory(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """`chuishao directory …` as a person types it."""
    command = [sys.executable, "-m", "chuishao", "directory", *words]
    return await asyncio.to_thread(
        subprocess.run, [*command, "--data-dir", str(world.data_dir)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


async def version(world: World) -> int:
    answer = await world.http.get(
        f"{world.info['router']}/v1/directory/versions/current", headers=world.token("admin")
    )
    found: int = answer.json()["version"]
    return found


async def ways_of(world: World, lamp: dict[str, str], role: str) -> dict[str, int]:
    """What a person gets of one ticket, in each service that asks the directory about people."""
    ticket, headers = lamp["complaint_id"], world.token(role)
    router, intake = world.info["router"], world.info["intake"]
    listed = await world.http.get(f"{router}/v1/tickets", headers=headers)
    shown = await world.http.get(f"{router}/v1/tickets/{ticket}", headers=headers)
    acted = await world.http.post(f"{router}/v1/tickets/{ticket}/urge", json={}, headers=headers)
    photo = await world.http.get(f"{intake}/v1/attachments/{lamp['photo']}", headers=headers)
    rates = await world.http.get(
        f"{world.info['notifier']}/v1/rates", params={"by": "unit"}, headers=headers
    )
    return {
        "list": int(ticket in listed.text),
        "ticket": shown.status_code,
        "action": acted.status_code,
        "attachment": photo.status_code,
        "rates": int('"SZ"' in rates.text),
    }


OWN = {"list": 1, "ticket": 200, "action": 403, "attachment": 200, "rates": 1}
"""A holder may look, and is told that urging is for others; somebody else is told nothing."""
FOREIGN = {"list": 0, "ticket": 404, "action": 404, "attachment": 404, "rates": 0}


async def seen_by_sz_alone(world: World) -> dict[str, str]:
    taken = await world.http.post(
        f"{world.info['intake']}/v1/attachments", content=photo(), headers=world.token("operator")
    )
    ident: str = taken.json()["attachment_id"]
    filed = await world.file("路灯不亮", address="清潭街12号", attachments=[ident])
    ticket = await world.ticket_when(filed["number"], lambda t: "sign_for" in t["due"])
    assert ticket["unit"] == "SZ"
    lamp = {"complaint_id": filed["complaint_id"], "photo": ident}

    async def known() -> bool:
        return await ways_of(world, lamp, "unit:SZ") == OWN

    await until(known)
    assert await ways_of(world, lamp, "unit:GD") == FOREIGN
    return lamp


async def seen_by_who_stands_for_sz_now(world: World, lamp: dict[str, str]) -> None:
    """D.7 #21: the same tokens, the other people's rights; the router at once, others when they heard."""
    at_once = await ways_of(world, lamp, "unit:SZ")
    assert at_once["ticket"] == 404
    found: dict[str, dict[str, int]] = {}

    async def moved() -> bool:
        found.update({role: await ways_of(world, lamp, role) for role in ("unit:SZ", "unit:GD")})
        return found == {"unit:SZ": FOREIGN, "unit:GD": OWN}

    await until(moved, what=lambda: str(found))


async def test_a_grid_is_divided_and_open_tickets_follow_and_d7_21_people_too(
    world: World, tmp_path: Path
) -> None:
    filed = await world.file(**PILED, grid_code=OLD, address="西山南里4号楼")
    ticket = await world.ticket_when(filed["number"], lambda t: "sign_for" in t["due"])
    assert (ticket["unit"], ticket["grid"]) == ("GT-039", OLD)
    lamp = await seen_by_sz_alone(world)
    unchanged = await directory(world, "load", str(SAMPLE))
    assert unchanged.returncode == 0
    assert "没有改动" in unchanged.stdout

    folder = divided(tmp_path / "directory")
    refused = await directory(world, "load", str(folder))
    assert refused.returncode == 1
    assert "tests.csv" in refused.stdout
    assert "GT-039" in refused.stdout
    assert await version(world) == 1

    tests = folder / "tests.csv"
    text = tests.read_text(encoding="utf-8")
    tests.write_text(re.sub(r",GT-039,", ",GT-051,", text), encoding="utf-8")
    diff = await directory(world, "diff", str(folder), "--json")
    assert diff.returncode == 0, diff.stderr
    found = json.loads(diff.stdout)
    assert found["ended"] == {OLD: [EAST, WEST]}
    assert {tuple(pair) for pair in found["moved"].values()} == {(OLD, EAST), (OLD, WEST)}
    assert {(one["from"], one["to"]) for one in found["owners"]} == {
        ("GT-039", "GT-051"), ("GT-039", "GT-052"),
    }  # fmt: skip
    assert found["tickets"]["on_areas_that_vanish"] == 1
    replay = await directory(world, "replay", str(folder), "--days", "7")
    assert replay.returncode == 0, replay.stderr
    assert re.search(rf"{filed['number']}  GT-039 → GT-05\d", replay.stdout)
    assert "1 of 2 tickets" in replay.stdout
    assert (await world.ticket(filed["number"]) or {})["version"] == ticket["version"]

    loaded = await directory(world, "load", str(folder))
    assert loaded.returncode == 0, loaded.stderr
    assert "第 2 版" in loaded.stdout
    moved = await world.ticket_when(filed["number"], lambda t: t["unit"] != "GT-039")
    assert moved["unit"] in ("GT-051", "GT-052")
    assert moved["grid"].startswith("370105001013")
    assert moved["grid"] != OLD
    told = [(line["event"], line["unit"]) for line in moved["history"]][-2:]
    assert told == [("reassigned", "GT-039"), ("dispatched", moved["unit"])]
    assert moved["history"][-1]["reason"] == "directory_changed"
    assert moved["due"]["result"] == ticket["due"]["result"]
    assert await version(world) == 2
    await seen_by_who_stands_for_sz_now(world, lamp)


async def test_the_nightly_proof_and_contacts_are_there_to_be_read(world: World) -> None:
    async def proved() -> bool:
        answer = await world.http.get(
            f"{world.info['router']}/v1/directory/coverage", headers=world.token("auditor")
        )
        return answer.status_code == 200 and answer.json()["whole"]

    filed = await world.file(**PILED, grid_code=OLD)
    await until(proved, within_s=40)
    await world.ticket_when(filed["number"], lambda t: t["unit"] == "GT-039")
    shown = await directory(world, "coverage")
    assert shown.returncode == 0, shown.stderr
    assert "全部有人接" in shown.stdout
    await world.fast_forward(days=5)
    silent = await directory(world, "coverage", "--json")
    assert [one["unit"] for one in json.loads(silent.stdout)["contacts"]] == ["GT-039"]
    answer = await world.http.get(
        f"{world.info['router']}/v1/directory/contacts",
        params={"stale": "true"},
        headers=world.token("dispatcher"),
    )
    assert [one["unit"] for one in answer.json()["items"]] == ["GT-039"]
