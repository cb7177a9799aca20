"""What a database refuses for a while is nobody's message's fault (reliability.md A.1 rows 20 and 24)."""

from __future__ import annotations

import asyncpg
import pytest

from kit.db import LOST


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError,
        asyncpg.InvalidPasswordError,
        asyncpg.TooManyConnectionsError,
        asyncpg.DiskFullError,
        asyncpg.AdminShutdownError,
    ],
)
def test_a_refusal_of_the_moment_is_tried_again_and_buries_nothing(error: type[Exception]) -> None:
    assert issubclass(error, LOST)


@pytest.mark.parametrize("error", [asyncpg.UniqueViolationError, asyncpg.DataError])
def test_what_a_message_did_wrong_is_not_taken_for_it(error: type[Exception]) -> None:
    assert not issubclass(error, LOST)
