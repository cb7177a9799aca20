"""`python -m services.console` serves; `rebuild` makes what it shows anew from the kept events."""

from __future__ import annotations

import asyncio
import sys

from kit.errors import DomainError
from kit.runner import run
from services.console.app import main
from services.console.program import once

if __name__ == "__main__":
    if sys.argv[1:]:
        try:
            asyncio.run(once(sys.argv[1:]))
        except DomainError as refused:
            sys.exit(f"{refused.zh} / {refused.en}")
    else:
        run(main)
