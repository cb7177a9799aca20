"""`python -m contracts.export [--check]`: the contracts as files that other languages can read.

Writes contracts/schemas/, contracts/asyncapi.json, docs/contracts.md and the terms of the console;
`--check` writes nothing and exits 1 with the names of the files that are not what the code says.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from contracts import asyncapi, page, schema, terms
from contracts.catalog import EVENTS
from contracts.directory import PARTS

ROOT: Final = Path(__file__).resolve().parent.parent
SCHEMAS: Final = "contracts/schemas"
TEXTS: Final = "services/console/web/src/texts"


def files() -> dict[str, str]:
    """Path from the root of the repository to text, of everything that is generated."""
    found = {f"{SCHEMAS}/{row.name}.v1.json": _json(schema.event(row)) for row in EVENTS}
    found |= {f"{SCHEMAS}/directory/{name}.json": _json(schema.part(name)) for name in PARTS}
    found[f"{SCHEMAS}/commands.json"] = _json(schema.commands())
    found["contracts/asyncapi.json"] = _json(asyncapi.document())
    found["docs/contracts.md"] = page.page()
    found |= {f"{TEXTS}/{lang}/terms.json": _json(terms.texts(lang)) for lang in terms.LANGUAGES}
    return found


def differences(root: Path = ROOT) -> list[str]:
    """Paths that are missing, differ, or are generated no longer; empty when all is well."""
    wanted = files()
    kept = {path for path in _kept(root) if path not in wanted}
    return sorted(kept | {path for path, text in wanted.items() if _read(root / path) != text})


def write(root: Path = ROOT) -> list[str]:
    """Make the files what the code says; returns the paths that changed."""
    wanted = files()
    changed = differences(root)
    for path in changed:
        file = root / path
        if path in wanted:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(wanted[path], encoding="utf-8", newline="\n")
        else:
            file.unlink()
    return changed


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m contracts.export", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 if files differ"
    )
    check = parser.parse_args(arguments).check
    found = differences(root) if check else write(root)
    for path in found:
        sys.stdout.write(f"{'differs' if check else 'written'}: {path}\n")
    if check and found:
        sys.stdout.write("请运行 make contracts 并提交 / run `make contracts` and commit\n")
    return 1 if check and found else 0


def _kept(root: Path) -> set[str]:
    return {file.relative_to(root).as_posix() for file in (root / SCHEMAS).rglob("*.json")}


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
