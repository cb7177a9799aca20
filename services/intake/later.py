"""What a resident says about a matter that is filed already: bodies of the requests. Pure (domain.md E7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.complaint import Channel
from services.intake.complaint import Phone, Requester, Strict, Words

Said = Annotated[Words, Field(min_length=1, max_length=10_000)]
Version = Annotated[int, Field(strict=True, ge=1)]


class Withdrawal(Strict):
    """The body of `POST /v1/complaints/{ident}/withdraw`: nothing is taken back unconfirmed."""

    reason: Annotated[Words, Field(min_length=2, max_length=500)]
    """Why, in the resident's words; masked before it leaves intake."""
    confirmed_by: Literal["requester", "resident", "representative"]
    """Who confirmed it: the one who filed, the one it was filed for, or somebody entitled to speak for them."""
    confirmed_how: Literal["phone", "visit", "in_writing"]
    version: Version | None = None


class Supplement(Strict):
    """The body of `POST /v1/complaints/{ident}/supplement`."""

    text: Said


class Reopening(Strict):
    """The body of `POST /v1/complaints/{ident}/reopen`: who calls again, and what about."""

    text: Said
    channel: Channel = Channel.HOTLINE
    requester: Requester | None = None
    phone: Phone | None = None
    """Short for a requester of whom nothing else is known."""
    address: Annotated[Words, Field(max_length=300)] | None = None
    """Where it is this time; left out, the same place."""

    @property
    def caller(self) -> Requester | None:
        """Who calls, as far as said."""
        if self.requester is None:
            return Requester(phone=self.phone) if self.phone else None
        if self.phone and not self.requester.phone:
            return self.requester.model_copy(update={"phone": self.phone})
        return self.requester
