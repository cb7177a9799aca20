"""`python -m services.router` serves; `python -m services.router load DIR` publishes a directory."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from kit.runner import run
from services.router.app import load, main
from services.router.files import BadDirectoryError

if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        try:
            sys.stdout.write(f"{asyncio.run(load(Path(sys.argv[2])))}\n")
        except BadDirectoryError as refused:
            sys.exit("\n".join(str(fault) for fault in refused.faults))
    else:
        run(main)
