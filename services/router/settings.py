"""What the router is told from outside."""

from __future__ import annotations

from kit.settings import StorageSettings


class RouterSettings(StorageSettings):
    """Its port, and how long a unit may be silent (services/router/publishing/contacts.py; both `choice`)."""

    http_port: int = 8702
    contact_unsigned_days: int = 3
    contact_silent_days: int = 30
