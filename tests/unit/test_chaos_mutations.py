"""Every mutation of the fault runner changes the code as it is now; one that does not is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.campaign import ALL
from tests.chaos.mutation import MUTATIONS, ROOT, Mutation, swap
from tests.chaos.verdict import Class


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_applies_to_the_code_and_leaves_it_readable(mutation: Mutation) -> None:
    texts: dict[Path, str] = {}
    for name, patch in mutation.patches:
        path = ROOT / name
        before = texts.get(path, path.read_text("utf-8"))
        texts[path] = patch(before)
        assert texts[path] != before
    for path, text in texts.items():
        compile(text, str(path), "exec")
    assert set(mutation.kinds) <= ALL.keys()


def test_the_five_are_all_there_and_no_class_is_expected_without_a_rule() -> None:
    names = {"inbox_off", "sync_default", "work_queue", "shared_inbox", "reject_on_error"}
    assert {mutation.name for mutation in MUTATIONS} == names
    assert all(mutation.rules and mutation.expected in Class for mutation in MUTATIONS)


def test_a_patch_for_code_that_has_moved_on_is_refused() -> None:
    with pytest.raises(LookupError):
        swap("no such line", "")("some text")
