"""What intake would say of a body, as far as no directory is needed: its own rules, for `--dry-run`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from chuishao.importing.body import Refusal, refusal_of
from kit.errors import DomainError
from kit.validation import invalid
from services.intake.complaint import (
    Filing,
    check_consent,
    check_point,
    check_settled,
    check_time,
)


def check(body: dict[str, Any], now: datetime) -> Refusal | None:
    """The first thing wrong with a body at `now`; None where only the directory could still object."""
    try:
        filing = Filing.model_validate(body)
        check_point(filing.point)
        check_settled(filing)
        check_consent(filing.requester)
        check_time(filing.occurred_at, now)
    except ValidationError as error:
        return _refusal(invalid(error))
    except DomainError as error:
        return _refusal(error)
    return None


def _refusal(error: DomainError) -> Refusal:
    return refusal_of(error.extra["errors"])
