"""HTTP of the directory: versions and their parts, a trial, the coverage proof, the health of contacts."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request, Response

from kit.auth import ROLES, allow
from kit.errors import DomainError, Kind, not_found
from kit.http import Shared, reply
from kit.openapi import WORDS, Page, refuses
from services.router.answers import ContactView, TrialView, VersionLine, VersionView
from services.router.publishing import catalogue, proving, reaching
from services.router.publishing.contacts import Patience
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.trial import Trials

WATCHERS: Final = ("dispatcher", "admin", "auditor", "ruling", "secretary", "dashboard")
CARETAKERS: Final = ("admin", "dispatcher", "auditor")
PUBLISHERS: Final = ("admin",)
ZIP: Final = "application/zip"
_PACKED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}


def add_directory(app: FastAPI, shared: Shared, in_use: DirectoryInUse, patience: Patience) -> None:
    """The routes of the directory."""
    _versions(app, shared)
    _changing(app, shared, in_use)
    _health(app, shared, in_use, patience)


def _versions(app: FastAPI, shared: Shared) -> None:
    @app.get(
        "/v1/directory/versions/current",
        tags=["directory"],
        dependencies=[allow(*ROLES)],
        responses=refuses(404) | {200: {"model": VersionView}},
    )
    async def current() -> Response:
        """Version, digest and part digests in force."""
        found = await catalogue.current(shared.pool)
        if found is None:
            raise not_found("目录版本", "directory version")
        return reply(found)

    @app.get(
        "/v1/directory/versions/{version}/{part}",
        tags=["directory"],
        dependencies=[allow("service", "admin", "auditor", "dispatcher")],
        responses={304: {"description": WORDS[304]}},
    )
    async def part(
        version: Annotated[int, Path(ge=1, le=2**31 - 1)],
        part: Annotated[str, Path(pattern=r"^[a-z]{1,20}$")],
        request: Request,
        piece: Annotated[str | None, Query(pattern=r"^[0-9]{0,15}(~[0-9]{1,4})?$")] = None,
    ) -> Response:
        """One part of one version, or one piece of it; never changes, so it may be kept for ever."""
        found = await catalogue.part(shared.pool, version, part, piece)
        if found is None:
            raise not_found("目录部分", "directory part")
        digest, body = found
        headers = {"ETag": f'"{digest}"', "Cache-Control": "private, max-age=31536000, immutable"}
        if request.headers.get("if-none-match") == f'"{digest}"':
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")


def _changing(app: FastAPI, shared: Shared, in_use: DirectoryInUse) -> None:
    trials = Trials(shared.pool, in_use)

    @app.get(
        "/v1/directory/versions",
        tags=["directory"],
        dependencies=[allow(*PUBLISHERS)],
        responses={200: {"model": Page[VersionLine]}},
    )
    async def versions(
        cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> Response:
        """Every version that was published, newest first: by whom, when, in force from when."""
        return reply(await catalogue.listed(shared.pool, cursor))

    @app.post(
        "/v1/directory/trial",
        tags=["directory"],
        dependencies=[allow(*PUBLISHERS)],
        openapi_extra=_PACKED,
        responses=refuses(404) | {200: {"model": TrialView}},
    )
    async def trial(request: Request) -> Response:
        """Check a directory and tell what it would change of the version in force; nothing is kept.

        The body is a zip of the folder, at most 10 MiB, and 32 MiB unpacked.
        """
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ZIP:
            raise _zip_wanted()
        declared = request.headers.get("content-length")
        return reply(await trials.take(request.stream(), declared))


def _zip_wanted() -> DomainError:
    return DomainError(
        "unsupported-media-type",
        Kind.UNSUPPORTED,
        field="Content-Type",
        zh=f"请把名录文件夹压缩为 zip，直接作为请求体发送 ({ZIP})。",
        en=f"Send the folder as a zip, itself the body ({ZIP}).",
    )


def _health(app: FastAPI, shared: Shared, in_use: DirectoryInUse, patience: Patience) -> None:
    @app.get(
        "/v1/directory/coverage",
        tags=["directory"],
        dependencies=[allow(*WATCHERS)],
        responses=refuses(404),
    )
    async def coverage() -> Response:
        """The last nightly proof: every smallest grid x category has a reachable owner, or what is missing."""
        found = await proving.last(shared.pool)
        if found is None:
            raise not_found("覆盖证明", "coverage proof")
        return reply(found)

    @app.get(
        "/v1/directory/contacts",
        tags=["directory"],
        dependencies=[allow(*CARETAKERS)],
        responses=refuses(404) | {200: {"model": Page[ContactView]}},
    )
    async def contacts(
        cursor: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")] = None,
        *,
        stale: bool = False,
    ) -> Response:
        """Units that were ever asked: last sign-for, last success, and whether they are silent too long."""
        if in_use.directory is None:
            raise not_found("目录版本", "directory version")
        found = await reaching.page(
            shared.pool, in_use.directory, patience, only_stale=stale, cursor=cursor
        )
        return reply(found)
