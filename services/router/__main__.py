"""`python -m services.router` serves; with a verb it does one thing and ends: load, coverage, diff, replay."""

from __future__ import annotations

import asyncio
import sys

from kit.errors import DomainError
from kit.runner import run
from services.router.app import main, once
from services.router.directory.faults import BadDirectoryError

if __name__ == "__main__":
    if sys.argv[1:]:
        try:
            asyncio.run(once(sys.argv[1:]))
        except BadDirectoryError as refused:
            sys.exit("\n".join(str(fault) for fault in refused.faults))
        except DomainError as refused:
            sys.exit(f"{refused.zh} / {refused.en}")
    else:
        run(main)
