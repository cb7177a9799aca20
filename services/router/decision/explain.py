"""Who would get it and why, without filing anything: the production matcher, asked directly."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.complaint import Channel, ComplaintReceived, Kind, Point, Urgency
from services.router.category.model import Model
from services.router.decision.labels import Labels
from services.router.decision.matching import decide
from services.router.decision.receipt_text import receipt_text
from services.router.directory import codes
from services.router.directory.directory import Directory


class Question(BaseModel):
    """What is known of a matter before it is filed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    title: Annotated[str, Field(max_length=200)] | None = None
    address: Annotated[str, Field(max_length=300)] | None = None
    point: Point | None = None
    grid_code: Annotated[str, Field(max_length=15)] | None = None
    category: Annotated[str, Field(max_length=32)] | None = None
    urgency: Urgency | None = None
    accused: Annotated[str, Field(max_length=100)] | None = None
    """A unit's code, name or alias; anybody else is nobody a matter could be sent to."""


def explain(
    question: Question,
    directory: Directory,
    at: datetime,
    *,
    model: Model | None = None,
    english: bool = False,
) -> dict[str, Any]:
    """The receipt such a complaint would get, with names beside the codes and in plain words.

    Raises DomainError 422 for a category or grid code no directory knows, as filing does.
    """
    codes.check(directory, question.grid_code, question.category)
    accused = directory.unit_names.get(question.accused or "")
    complaint = ComplaintReceived(
        complaint_id="-",
        number="-",
        channel=Channel.HOTLINE,
        kind=Kind.COMPLAINT,
        received_at=at,
        accused=accused,
        **question.model_dump(exclude={"accused"}),
    )
    decision = decide(complaint, directory, at, model)
    area = directory.areas.get(decision.area or "")
    category = directory.categories.get(decision.category or "")
    receipt = decision.receipt
    return receipt | {
        "text": receipt_text(receipt, Labels(directory, english)),
        "unit_name": directory.units[decision.unit].name,
        "area_name": area.name if area else None,
        "category_name": category.name if category else None,
    }
