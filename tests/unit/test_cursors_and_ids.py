"""Ids from outside: a cursor is taken as a page gave it, an id that is none is as unknown as any other."""

from __future__ import annotations

from uuid import UUID

import pytest

from kit.errors import DomainError
from kit.validation import id_cursor, id_of

ONE = UUID("01a2021f-846b-75bb-b5a0-d6cc42447008")


def test_a_cursor_is_that_of_a_page_or_refused() -> None:
    assert id_cursor(None) is None
    assert id_cursor(str(ONE)) == ONE
    for wrong in ("", "1", f"{ONE}~"):
        with pytest.raises(DomainError) as refused:
            id_cursor(wrong)
        assert (int(refused.value.kind), refused.value.field) == (422, "cursor")


def test_an_id_that_is_none_is_not_found_under_its_name() -> None:
    assert id_of(str(ONE), "工单", "ticket") == ONE
    with pytest.raises(DomainError) as refused:
        id_of("../x", "工单", "ticket")
    assert int(refused.value.kind) == 404
    assert "没有这个工单" in refused.value.zh
