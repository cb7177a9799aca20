"""What a wheel of this project holds beside its Python files: the built screens (services/console/webbuild.py)."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WITHOUT: Final = "CHUISHAO_WITHOUT_SCREENS"
"""Set by who wants to know what the project needs, and builds it for that alone (`make requirements`)."""


class BuildTheScreens(BuildHookInterface[Any]):
    """Runs for wheels; an editable install builds by `make web`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and put the result in although git ignores it."""
        if version == "editable" or os.environ.get(WITHOUT):
            return
        sys.path.insert(0, self.root)
        from services.console.webbuild import build

        build()
        build_data["artifacts"].append("/services/console/static/**")
