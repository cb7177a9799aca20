"""`python -m services.console`."""

from __future__ import annotations

from kit.runner import run
from services.console.app import main

if __name__ == "__main__":
    run(main)
