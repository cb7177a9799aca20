"""`python -m services.intake` serves; `vault rotate` and `vault status` look after the keys of its vault."""

from __future__ import annotations

import asyncio
import sys

from kit.runner import run
from services.intake.app import main, once
from services.intake.keeping.vault_keys import KeyRefusedError

if __name__ == "__main__":
    try:
        if sys.argv[1:]:
            asyncio.run(once(sys.argv[1:]))
        else:
            run(main)
    except KeyRefusedError as refused:
        sys.exit(str(refused))
