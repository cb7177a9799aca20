"""What is installed is pinned to the byte, and names no place it came from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_requirement_has_one_version_and_hashes(file: Path) -> None:
    text = file.read_text("ascii").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith((" ", "#"))]
    assert len(lines) > 20
    for line in lines:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ +--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_host_and_no_folder_is_named(file: Path) -> None:
    assert not re.search(r"https?:|file:|--\w*index|--find-links|@ ", file.read_text("ascii"))


def test_tests_run_on_exactly_what_people_run() -> None:
    run, dev = (dict(_versions(ROOT / "requirements" / name)) for name in ("run.txt", "dev.txt"))
    assert {name: dev.get(name) for name in run} == run


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for words in project["optional-dependencies"].values():
        wanted += [word for word in words if not word.startswith("chuishao")]
    pinned = dict(_versions(ROOT / "requirements" / "dev.txt"))
    assert {re.split(r"[\[<>=]", word)[0] for word in wanted} <= set(pinned)


def _versions(file: Path) -> list[tuple[str, str]]:
    return re.findall(r"^([a-z0-9.-]+)==([^ ]+)", file.read_text("ascii"), re.MULTILINE)
