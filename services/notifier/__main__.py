"""`python -m services.notifier` serves; `rebuild DSN` compares its views with what the events lead to."""

from __future__ import annotations

import asyncio
import sys

from kit.errors import DomainError
from kit.runner import run
from services.notifier.app import main, once

if __name__ == "__main__":
    if sys.argv[1:]:
        try:
            asyncio.run(once(sys.argv[1:]))
        except DomainError as refused:
            sys.exit(f"{refused.zh} / {refused.en}")
    else:
        run(main)
