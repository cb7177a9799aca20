"""`python -m tests.support.trust_page`: writes the tables of faults and attacks into docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.chaos.page import PAGE, put
from tests.support.forty import FORTY
from tests.support.survived import SURVIVED


def forty_text() -> str:
    """The forty inputs and attacks as a table."""
    rows = (
        f"| {row.number} | {row.tried} | {row.answered} | {_names(row.tests)} |" for row in FORTY
    )
    return "\n".join(["| # | tried | answered | tests |", "| --- | --- | --- | --- |", *rows])


def survived_text() -> str:
    """The forty faults as a table."""
    lines = ["| # | fault | survived by | shown by |", "| --- | --- | --- | --- |"]
    for row in SURVIVED:
        shown = "; ".join(filter(None, (", ".join(f"`{k}`" for k in row.kinds), _names(row.tests))))
        lines.append(f"| {row.number} | {row.fault} | {row.by} | {shown} |")
    return "\n".join(lines)


def _names(tests: Iterable[str]) -> str:
    """By file, the way there once."""
    files: dict[str, list[str]] = {}
    for name in tests:
        path, _, function = name.partition("::")
        files.setdefault(path, []).append(function.removeprefix("test_").replace("*", "all"))
    return "; ".join(
        f"[{Path(path).stem.removeprefix('test_')}](../tests/{path}): {', '.join(functions)}"
        for path, functions in files.items()
    )


if __name__ == "__main__":
    written = put(PAGE.read_text("utf-8"), "forty", forty_text())
    PAGE.write_text(put(written, "faults", survived_text()), "utf-8")
