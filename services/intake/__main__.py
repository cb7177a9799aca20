"""`python -m services.intake`."""

from __future__ import annotations

from kit.runner import run
from services.intake.app import main

if __name__ == "__main__":
    run(main)
