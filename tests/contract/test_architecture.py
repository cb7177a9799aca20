"""The import rules hold, and each of them can fail."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("chuishao", "contracts", "kit", "services")
ALLOWED_IN_CONTRACTS = {"contracts", "pydantic", *sys.stdlib_module_names}
RULES = [
    rule["name"]
    for rule in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
]

LAYERS = "services stand on kit, kit on contracts, and nothing looks up"
DOORS = "inside a service: doors call actions, actions call the store"
VIOLATIONS = {
    "kit may not look up to services": (
        "kit/ids.py",
        "import services.router.ticket.ticket",
        LAYERS,
    ),
    "contracts may not look up to kit": ("contracts/base.py", "import kit.ids", LAYERS),
    "nobody may import the command line": (
        "services/router/app.py",
        "import chuishao.ports",
        LAYERS,
    ),
    "services do not know each other": (
        "services/router/app.py",
        "import services.intake.number",
        "services do not know each other",
    ),
    "a door may not reach into another door": (
        "services/intake/consumers.py",
        "import services.intake.api",
        DOORS,
    ),
    "the store may not call actions": (
        "services/intake/store.py",
        "import services.intake.actions",
        DOORS,
    ),
    "a package of the router may not look up": (
        "services/router/decision/duty.py",
        "import services.router.ticket.deed",
        "inside the router: doors, verbs, then packages that stand on each other",
    ),
    "a package of the notifier may not look up": (
        "services/notifier/clocks/moving.py",
        "import services.notifier.ladder.ladder",
        "inside the notifier: packages stand on each other, doors call verbs",
    ),
    "the store of a package may not call its verbs": (
        "services/router/issues/store_issues.py",
        "import services.router.issues.watching",
        "inside a package of the router: verbs call the store",
    ),
    "the partners' documents may not look up to their routes": (
        "services/intake/open311/document.py",
        "import services.intake.open311.api",
        "the partners' door: routes, what they do, then how it is asked, stored and said",
    ),
    "the command line may not use a service's store": (
        "chuishao/ports.py",
        "import services.router.ticket.store",
        "the command line uses only the pure nouns of services",
    ),
    "contracts may not use a framework": (
        "contracts/base.py",
        "import orjson",
        "contracts stand on pydantic and the standard library alone",
    ),
    "a noun may not touch the database": (
        "services/router/ticket/ticket.py",
        "import asyncpg",
        "nouns are rules: values in, values out, no server in sight",
    ),
}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def foreign_imports(contracts: Path) -> set[str]:
    """What contracts import besides themselves, pydantic and the standard library."""
    found = set()
    for file in contracts.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""] if node.level == 0 else []
            found |= {name.partition(".")[0] for name in names}
    return found - ALLOWED_IN_CONTRACTS


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code to break."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "sample", "static", "node_modules"),
        )
    return folder


def test_the_rules_hold(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("file", "line", "rule"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_is_found(tree: Path, file: str, line: str, rule: str) -> None:
    path = tree / file
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"{kept}\n{line}  # a violation on purpose\n", encoding="utf-8")
    try:
        done = lint(tree)
    finally:
        path.write_text(kept, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert f"{rule} BROKEN" in done.stdout


def test_every_rule_has_a_violation_that_shows_it_can_fail() -> None:
    assert {rule for _, _, rule in VIOLATIONS.values()} == set(RULES)


def test_contracts_import_pydantic_and_the_standard_library_and_nothing_else() -> None:
    assert foreign_imports(ROOT / "contracts") == set()


@pytest.mark.parametrize(
    "line", ["import yaml", "from kit.ids import new_id", "import uvloop.loop"]
)
def test_anything_else_in_contracts_is_found(tree: Path, line: str) -> None:
    path = tree / "contracts" / "extra.py"
    path.write_text(f"def late() -> None:\n    {line}\n", encoding="utf-8")
    try:
        assert foreign_imports(tree / "contracts") == {line.split()[1].partition(".")[0]}
    finally:
        path.unlink()
