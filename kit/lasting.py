"""A NATS connection that is never given up: whatever the server refuses now, it may take in a moment.

nats-py 2.16 closes a connected client for good on every error of the server that it does not know, such as
too many connections or a key that was withdrawn, and forgets its subscriptions (reliability.md A.1 row 24,
C 12). Intake would have to end and be started again while the broker is at fault, and would take no complaint
meanwhile. Here such an error is what a lost connection is: reconnect, with the same subscriptions.
"""

from __future__ import annotations

from typing import Final

from nats.aio.client import Client
from nats.errors import AuthorizationError, Error

_KNOWN: Final = ("stale connection", "permissions violation")
"""Errors of the server after which nats-py goes on by itself."""


class LastingClient(Client):
    """Ends only when it is closed by us."""

    async def _process_err(self, err_msg: str) -> None:
        if self.is_closed or self.is_draining or any(word in err_msg for word in _KNOWN):
            await super()._process_err(err_msg)
            return
        error = AuthorizationError() if "auth" in err_msg else Error(f"nats: {err_msg}")
        await self._error_cb(error)
        await self._process_op_err(error)

    async def _select_next_server(self) -> None:
        """Before the next attempt close the last one's socket, which nats-py leaves open when refused."""
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]
        await super()._select_next_server()

    @property
    def seed(self) -> str | None:
        """The key it signs in with; None before it was told one."""
        return self._nkeys_seed_str

    async def sign_in_anew(self, seed: str) -> None:
        """Reconnect under another key; subscriptions are kept. nats-py has no public way to set the key.

        One that is trying to reconnect already goes on trying, with the new key.
        """
        self._nkeys_seed_str = seed
        self._setup_nkeys_seed_connect()
        await self.force_reconnect()
