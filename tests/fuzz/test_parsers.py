"""No parser answers strangers with anything but its own words: D.7 #6, #7, #8, #13, and every file people bring."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.catalog import area_tokens
from kit import strict_json
from services.notifier.worktime import limits
from tests.fuzz import asked, files, sheets, words
from tests.fuzz.near import near

PARSERS: Final = {**asked.PARSERS, **files.PARSERS, **sheets.PARSERS, **words.PARSERS}
ROOT: Final = Path(__file__).parents[2]
CASES: Final = int(os.environ.get("CHUISHAO_FUZZ_CASES", "25"))
NAMED: Final = re.compile(r"(parse|loads|decode|read|from|load|understand)(_|$)")
OF_STRANGERS: Final = re.compile(r"\b(str|bytes)\b|\bPath\b")
ELSEWHERE: Final = {
    "contracts.catalog:decode": "tests/fuzz/test_mutated_events.py",
    "services.router.directory.files:read": "tests/unit/test_directory_files.py",
    "services.router.category.model:from_bytes": "tests/unit/test_model.py",
    "services.router.issues.issue_grams:read": "tests/unit/test_hot_issue_clusters.py",
    "kit.chain.place:read": "tests/unit/test_audit_chain.py",
}
"""Parsers whose property test stands elsewhere."""
OWN_FILES: Final = {
    "chuishao.runfile:read", "chuishao.directory:read_roster", "chuishao.sample_complaints:read_samples",
    "chuishao.secrets:Secrets.load_or_create",
}  # fmt: skip
"""What reads only files this product itself wrote."""


@pytest.mark.parametrize("name", PARSERS)
def test_d7_6_7_8_a_parser_raises_nothing_but_what_it_declares(name: str) -> None:
    parser = PARSERS[name]

    def read(sent: Any) -> None:
        with warnings.catch_warnings(), contextlib.suppress(*parser.raises):
            warnings.simplefilter("ignore")
            parser.reads(sent)

    for good in parser.like:
        read(good)
    settings(max_examples=CASES, suppress_health_check=list(HealthCheck))(
        given(near(parser.like))(read)
    )()


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_varied_is_good_to_begin_with(name: str) -> None:
    """Else a parser that refuses at its door is never tried inside."""
    PARSERS[name].reads(PARSERS[name].like[0])


SAID: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**16), 10**16) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)  # fmt: skip


@given(SAID)
def test_json_says_what_it_said(value: Any) -> None:
    assert strict_json.loads(json.dumps(value)) == value


@given(st.integers(1, 999), st.sampled_from(["m", "h", "d", "wh", "wd", "bd"]))
def test_a_limit_is_written_as_it_was_read(amount: int, unit: str) -> None:
    read = limits.duration(f"{amount}{unit}")
    assert read is not None
    assert limits.duration(read.text) == read


@given(st.from_regex(r"[0-9]{6}([0-9]{3}){0,3}", fullmatch=True).filter(str.isascii))
def test_tokens_of_an_area_are_its_digits(code: str) -> None:
    assert area_tokens(code).replace("_", "").replace(".", "") == code


def readers() -> Iterator[str]:
    """Public functions named like a parser that take text, bytes or a file, as `module:name`."""
    for top in ("chuishao", "contracts", "kit", "services"):
        for file in sorted(ROOT.joinpath(top).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                yield from (f"{module}:{name}" for name in _named(node, ""))


def _named(node: ast.stmt, inside: str) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        for one in node.body:
            yield from _named(one, f"{node.name}.")
    if not isinstance(node, ast.FunctionDef) or not NAMED.match(node.name):
        return
    first = next((arg for arg in node.args.args if arg.arg not in {"self", "cls"}), None)
    if first and first.annotation and OF_STRANGERS.search(ast.unparse(first.annotation)):
        yield inside + node.name


def test_every_parser_has_a_property_test() -> None:
    tested = {name.partition(" of ")[0] for name in PARSERS} | set(ELSEWHERE) | OWN_FILES
    assert set(readers()) <= tested


def test_the_list_names_only_what_there_is() -> None:
    for name in {*PARSERS, *ELSEWHERE}:
        module, _, path = name.partition(" of ")[0].partition(":")
        text = ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
        assert re.search(rf"\b(def|class) {path.rpartition('.')[2]}\b", text), name
    for file in ELSEWHERE.values():
        text = ROOT.joinpath(file).read_text(encoding="utf-8")
        assert "@given" in text or "mutants(" in text, file
