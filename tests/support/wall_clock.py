"""The wall clock of one test, as the checks of tokens read it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest


def set_wall_clock(monkeypatch: pytest.MonkeyPatch, at: float) -> None:
    """Stand still at a Unix time, for ours and for the library that reads tokens."""

    class Moment(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Moment:
            return cls.fromtimestamp(at, tz)

    monkeypatch.setattr(time, "time", lambda: at)
    monkeypatch.setattr("jwt.api_jwt.datetime", Moment)
