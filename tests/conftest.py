"""What every test has in common."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy with something else is no finding.
settings.register_profile("chuishao", deadline=None)
settings.load_profile("chuishao")
