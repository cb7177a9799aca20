"""The picture on the walls: which page, which layer of the map, which area, and what they rotate through. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

WallPage = Literal["overview", "map", "ranking", "escalations"]
Layer = Literal["open", "overdue", "rate", "heat"]


class Picture(BaseModel):
    """What the control page sends and every wall follows."""

    model_config = ConfigDict(extra="forbid")

    page: WallPage = "overview"
    layer: Layer = "open"
    area: Annotated[str, Field(pattern=r"^([0-9]{6}([0-9]{3}){0,2})?$")] = ""
    """District, subdistrict or community that is looked into; empty: the whole of what the wall shows."""
    pages: Annotated[list[WallPage], Field(max_length=8)] = []
    """Shown in turn; fewer than two: the one page stays."""
    rotate_s: Annotated[int, Field(ge=0, le=3600)] = 0
    """Seconds each page stays; 0: it does not turn."""
    sound: bool = False
    """Whether alarms are heard; a browser is silent until somebody touched the wall once."""
