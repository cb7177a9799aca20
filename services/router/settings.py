"""What the router is told from outside."""

from __future__ import annotations

from kit.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    """Nothing of its own yet beyond its port."""

    http_port: int = 8702
