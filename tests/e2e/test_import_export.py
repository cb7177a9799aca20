"""Files in and out of the running product: filed once, bad lines told, texts the same after a round trip."""

from __future__ import annotations

import asyncio
import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.support.world import ROOT, World, until

HEADER = "类型,标题,内容,地址,电话,外部编号\n"


def command(world: World, *words: object) -> list[str]:
    line = [sys.executable, "-m", "chuishao", *map(str, words)]
    return [*line, "--data-dir", str(world.data_dir)]


async def run(world: World, *words: object) -> tuple[int, str]:
    done = await asyncio.to_thread(
        subprocess.run, command(world, *words), cwd=ROOT, capture_output=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode()


async def filed_with(world: World, mark: str) -> int:
    rows = await world.rows(
        "select count(*) as n from router.ticket where body like '%' || $1 || '%'", mark
    )
    return int(rows[0]["n"])


async def test_bad_lines_are_told_and_running_it_again_files_nothing_twice(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    lines = [f"投诉,灯{n},导入甲{n}号路灯坏了,清潭街12号,,甲-{n}\n" for n in range(5)]
    lines[2] = "投诉,灯,=导入甲,清潭街12号,不是电话,\n"
    lines[3] = "吐槽,灯,导入甲,,,\n"
    file.write_bytes((HEADER + "".join(lines)).encode("gb18030"))
    code, said = await run(world, "import", file)
    assert (code, "GB18030" in said) == (1, True), said
    assert "新收 3，早已收下 0，未收 2" in said
    with (tmp_path / "in.rejects.csv").open(encoding="utf-8-sig", newline="") as text:
        rejects = list(csv.DictReader(text))
    assert [(row["reject_line"], row["reject_field"]) for row in rejects] == [
        ("4", "requester.phone"),
        ("5", "kind"),
    ]
    assert rejects[0]["内容"] == "'=导入甲"
    assert all(row["reject_zh"] and row["reject_en"].isascii() for row in rejects)
    again = await run(world, "import", file)
    assert (again[0], "新收 0，早已收下 3，未收 2" in again[1]) == (1, True), again
    await until(lambda: _reached(world, "导入甲", 3))


async def _reached(world: World, mark: str, count: int) -> bool:
    return await filed_with(world, mark) >= count


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Programs begun here heed Ctrl+C, though who began us in the background does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
async def test_a_run_stopped_in_the_middle_goes_on_and_files_each_line_once(
    world: World, tmp_path: Path, number: signal.Signals
) -> None:
    mark = f"导入中断{number.name}"
    file = tmp_path / "long.ndjson"
    told = [{"kind": "help", "text": f"{mark}第{n}件，路灯坏了"} for n in range(60)]
    file.write_text("\n".join(map(json.dumps, told)) + "\n\nno json\n", "utf-8")
    states = world.data_dir / "imports"
    before = set(states.glob("*.json")) if states.exists() else set()
    first = await asyncio.to_thread(
        subprocess.Popen,
        command(world, "import", file, "--rate", 2),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )

    async def begun() -> bool:
        return states.exists() and bool(set(states.glob("*.json")) - before)

    await until(begun)
    first.send_signal(number)
    _, heard = await asyncio.to_thread(first.communicate)
    code = 130 if number is signal.SIGINT else -signal.SIGKILL
    assert first.returncode == code, heard.decode()
    assert ("再执行同一命令会接着做" in heard.decode()) == (number is signal.SIGINT)
    code, said = await run(world, "import", file)
    assert (code, "接着上次" in said) == (1, True), said
    assert "共 61 行" in said
    await until(lambda: _reached(world, mark, 60))
    assert await filed_with(world, mark) == 60
    assert len((tmp_path / "long.rejects.csv").read_text("utf-8").splitlines()) == 2


async def test_exported_tickets_imported_again_have_the_same_words(
    world: World, tmp_path: Path
) -> None:
    words = ["=往返一，电话13800005678的灯坏了", "往返一，\u2028分两段", "-往返一，“引号”,逗号"]
    for text in words:
        await world.file(text, requester={"name": "钱三", "phone": "13800005678"}, title="+往返")
    await until(lambda: _reached(world, "往返一", 3))
    out = tmp_path / "t.csv"
    code, said = await run(world, "export", "tickets", "--out", out)
    assert code == 0, said
    before = _texts(out, "往返一")
    assert len(before) == 3
    assert "13800005678" not in out.read_text("utf-8")
    assert "钱三" not in out.read_text("utf-8")
    code, said = await run(world, "import", out)
    assert (code, "列" in said) == (0, True), said
    await until(lambda: _reached(world, "往返一", 6))
    book = tmp_path / "u.xlsx"
    code, said = await run(world, "export", "tickets", "--out", book, "--zh")
    assert code == 0, said
    rows = list(load_workbook(book).active.iter_rows(values_only=True))
    place = rows[0].index("内容")
    after = [str(row[place]) for row in rows if "往返一" in str(row[place])]
    assert sorted(after) == sorted(t.removeprefix("'") for t in before * 2)


def _texts(file: Path, mark: str) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return [row["text"] for row in csv.DictReader(text) if mark in row["text"]]


async def test_complaints_and_events_leave_masked_and_events_go_on_where_they_stopped(
    world: World, tmp_path: Path
) -> None:
    secret = {"name": "孙某某", "phone": "13800007777"}
    await world.file("事件导出，电话13800007777", requester=secret)
    await world.file("事件导出不受理", decline={"reason": "不属受理范围", "door": "法院"})
    out = tmp_path / "e.ndjson"
    code, said = await run(world, "export", "events", "--out", out)
    assert code == 0, said
    size = out.stat().st_size
    await world.file("事件导出之后")
    await run(world, "export", "events", "--out", out)
    told = [json.loads(line) for line in out.read_text("utf-8").split("\n")[:-1]]
    assert out.stat().st_size > size
    places = [(one["service"], one["cursor"]) for one in told]
    assert len(places) == len(set(places))
    assert {one["service"] for one in told} == {"intake", "router", "notifier"}
    code, said = await run(world, "export", "complaints", "--out", tmp_path / "c.csv")
    assert code == 0, said
    for text in (out.read_text("utf-8"), (tmp_path / "c.csv").read_text("utf-8")):
        assert "13800007777" not in text
        assert "孙某某" not in text
        assert "不属受理范围" in text
    assert (await run(world, "export", "events", "--out", out, "--area", "370105"))[0] == 2


async def test_what_cannot_run_says_so_with_code_2(world: World, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("kind,txt\nhelp,x\n")
    code, said = await run(world, "import", file)
    assert (code, "是否为 text" in said) == (2, True), said
    file.write_text("kind,text\nhelp,x\n")
    token = tmp_path / "token"
    token.write_text("no token")
    there = ("--intake", world.info["intake"], "--token-file", token)
    code, said = await run(world, "import", file, *there)
    assert (code, "401" in said) == (2, True), said
    assert (await run(world, "import", tmp_path / "none.csv"))[0] == 2
