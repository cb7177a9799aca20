"""`GET /v1/audit`: a service's linked records for auditors, newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import FastAPI, Query, Response
from pydantic import AwareDatetime, Field

from kit.auth import allow
from kit.chain.listing import Wanted, page
from kit.db import Pool, reading
from kit.openapi import Page

_CODE: Final = r"^[\w:.@/-]{1,200}$"
_Code = Annotated[str | None, Query(pattern=_CODE)]
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)
_Moment = Annotated[Annotated[AwareDatetime, Field(ge=_FIRST, le=_LAST)] | None, Query()]


def add_audit(app: FastAPI, pool: Pool) -> None:
    """Add the route to a service's application."""

    @app.get(
        "/v1/audit",
        tags=["audit"],
        dependencies=[allow("auditor", "admin")],
        responses={200: {"model": Page[dict[str, Any]]}},
    )
    async def audit(  # noqa: PLR0913 - one parameter per filter
        *,
        actor: _Code = None,
        action: _Code = None,
        about: Annotated[str | None, Query(alias="object", pattern=_CODE)] = None,
        since: Annotated[_Moment, Query(alias="from")] = None,
        until: Annotated[_Moment, Query(alias="to")] = None,
        cursor: Annotated[str | None, Query(pattern=r"^[1-9][0-9]{0,17}$")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Response:
        """Who did what to which thing; `action` may be a noun alone: `ticket` is every `ticket.…`.

        A page looks at 20,000 records: one with few items, or none, may still have a `next`.
        """
        wanted = Wanted(actor=actor, action=action, about=about, since=since, until=until)
        before = int(cursor) if cursor else None
        async with reading(pool) as conn:
            rows, following = await page(conn, wanted, before, limit)
        items = [{**row, "detail": orjson.Fragment(row["detail"])} for row in rows]
        body = {"items": items, "next": str(following) if following else None}
        return Response(orjson.dumps(body), media_type="application/json")
