"""What the console is told from outside."""

from __future__ import annotations

from collections.abc import Mapping

from kit.settings import ServiceSettings
from services.console.prefixes import INTAKE, NOTIFIER, ROUTER


class ConsoleSettings(ServiceSettings):
    """Its port, and how a rebuild waits; where the others listen is among what every service is told."""

    http_port: int = 8700
    client_address_header: str | None = None
    """Header in which a proxy in front says who asks, such as `X-Real-IP`; the proxy must overwrite it."""
    rebuild_settle_s: float = 20.0
    """Longer than any transaction of the services runs: what a rebuild forgot is read again after it."""

    def owners(self) -> Mapping[str, str]:
        """Where each service answers that requests are passed on to."""
        return {INTAKE: self.intake_url, ROUTER: self.router_url, NOTIFIER: self.notifier_url}
