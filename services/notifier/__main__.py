"""`python -m services.notifier`."""

from __future__ import annotations

from kit.runner import run
from services.notifier.app import main

if __name__ == "__main__":
    run(main)
