"""HTTP of attachments: the same two routes in every service that has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import FastAPI, Path, Request, Response
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from kit.attachments.media import EXTENSIONS
from kit.attachments.shelf import Shelf, find
from kit.attachments.storage import key_of
from kit.auth import Principal, allow
from kit.db import Conn
from kit.errors import DomainError, Kind, not_found
from kit.http import reply
from kit.openapi import gives

MaySee = Callable[[Conn, Mapping[str, Any], Principal, datetime], Awaitable[bool]]
"""Whether somebody may see a file that is in use; asked with its row and business time."""
Looking = AbstractAsyncContextManager[tuple[Conn, datetime]]
"""A connection that sees what somebody may see, and business time."""

NO_FILE: Final[Mapping[str, Any]] = {"used_by": UUID(int=0), "uploaded_by": ""}
"""What is asked about in place of a file that is not there."""

_DOCUMENTED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in EXTENSIONS
        },
    }
}
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
"""A file is shown as what we found it to be, runs nothing, and stays in no shared cache."""


class Uploaded(BaseModel):
    """A file that was kept, and what it was found to be."""

    attachment_id: UUID
    content_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


def add_attachments(  # noqa: PLR0913 - what its routes stand on
    app: FastAPI,
    shelf: Shelf,
    may_see: MaySee,
    *,
    looking: Callable[[Principal], Looking],
    uploaders: tuple[str, ...],
    readers: tuple[str, ...],
) -> None:
    """Declare `POST /v1/attachments` and `GET /v1/attachments/{ident}`."""

    @app.post(
        "/v1/attachments",
        status_code=201,
        tags=["attachments"],
        openapi_extra=_DOCUMENTED,
        responses={201: {"model": Uploaded}},
    )
    async def upload(request: Request, who: Principal = allow(*uploaders)) -> Response:
        """Upload one file, at most 10 MiB: the bytes themselves are the body, no form around them.

        What it is, is found out from its content. Pictures lose EXIF and everything else that is not the
        picture. The id is good for one complaint or ticket of the uploader's; unused it goes after a day.
        """
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise _no_forms()
        taken = await shelf.take(request.stream(), request.headers.get("content-length"), who.sub)
        return reply(taken, 201)

    @app.get(
        "/v1/attachments/{ident}",
        tags=["attachments"],
        response_class=Response,
        responses=gives(*EXTENSIONS, schema={"type": "string", "format": "binary"}),
    )
    async def download(
        ident: Annotated[str, Path(max_length=40)], who: Principal = allow(*readers)
    ) -> Response:
        """The file itself, by right of what it belongs to; before that, for its uploader alone."""
        async with looking(who) as (conn, now):
            row = await find(conn, ident)
            allowed = await _allowed(conn, row or NO_FILE, who, may_see, now)
            if row is None or not allowed:
                raise not_found("附件", "attachment")
        name = f"{row['attachment_id']}.{EXTENSIONS[row['content_type']]}"
        headers = _HEADERS | {
            "Content-Length": str(row["size"]),
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        pieces = await shelf.storage.read(key_of(row["attachment_id"]))
        return StreamingResponse(pieces, headers=headers, media_type=row["content_type"])


async def _allowed(
    conn: Conn, row: Mapping[str, Any], who: Principal, may_see: MaySee, now: datetime
) -> bool:
    """By right of what it belongs to; asked where there is nothing as well, for a sooner no would tell."""
    used = row["used_by"] is not None
    seen = await may_see(conn, row if used else NO_FILE, who, now)
    return seen if used else bool(row["uploaded_by"] == who.sub)


def _no_forms() -> DomainError:
    return DomainError(
        "unsupported-media-type",
        Kind.UNSUPPORTED,
        field="Content-Type",
        zh="请把文件内容直接作为请求体发送，不要用表单 (multipart)。",
        en="Send the file itself as the body, not inside a form.",
    )
