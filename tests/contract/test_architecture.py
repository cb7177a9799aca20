"""The import rules hold, and each of them can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("chuishao", "contracts", "kit", "services")

VIOLATIONS = {
    "kit may not look up to services": ("kit/ids.py", "import services.router.ticket"),
    "contracts may not look up to kit": ("contracts/base.py", "import kit.ids"),
    "nobody may import the command line": ("services/router/app.py", "import chuishao.ports"),
    "services do not know each other": ("services/router/app.py", "import services.intake.number"),
    "a door may not reach into another door": (
        "services/intake/consumers.py",
        "import services.intake.api",
    ),
    "the store may not call actions": (
        "services/intake/store.py",
        "import services.intake.actions",
    ),
    "the command line may not use a service's store": (
        "chuishao/ports.py",
        "import services.router.store",
    ),
    "contracts may not use a framework": ("contracts/base.py", "import orjson"),
    "a noun may not touch the database": ("services/router/ticket.py", "import asyncpg"),
}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code to break."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "sample", "static"),
        )
    return folder


def test_the_rules_hold(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("file", "line"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_is_found(tree: Path, file: str, line: str) -> None:
    path = tree / file
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"{kept}\n{line}  # a violation on purpose\n", encoding="utf-8")
    try:
        done = lint(tree)
    finally:
        path.write_text(kept, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
