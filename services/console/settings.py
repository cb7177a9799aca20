"""What the console is told from outside."""

from __future__ import annotations

from kit.settings import ServiceSettings


class ConsoleSettings(ServiceSettings):
    """Nothing of its own yet beyond its port."""

    http_port: int = 8700
