"""A store that speaks as much S3 as is needed to keep files: a bucket on a port of its own, in memory.

The outside world, so it may be made up. It wants a signature by the right key and path-style addresses.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.settings import StorageSettings

NAME = "files"
KEY = "test-access-key"
PAGE = 2
"""Keys in one answer to a listing: small, so that paging is seen."""


@dataclass
class Bucket:
    """What is kept, by key: the bytes and when they came."""

    url: str = ""
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    away: bool = False

    def settings(self, prefix: str = "city") -> StorageSettings:
        """How a service is told of it."""
        told = {
            "postgres_dsn": "-", "postgres_password": "-", "nats_url": "-", "nats_seed": "-",
            "http_port": 1, "token_public_key": "-", "storage": f"s3://{NAME}/{prefix}",
            "s3_endpoint": self.url, "s3_access_key": KEY, "s3_secret_key": "test-secret",
        }  # fmt: skip
        return StorageSettings.model_validate(told)

    def age(self, hours: float) -> None:
        """Let everything have come so much earlier."""
        for key, (body, at) in self.objects.items():
            self.objects[key] = body, at - timedelta(hours=hours)

    async def answer(self, request: Request) -> Response:
        """One request."""
        signed = request.headers.get("authorization", "")
        if self.away:
            return Response(status_code=503)
        if f"Credential={KEY}/" not in signed or "Signature=" not in signed:
            return Response(_error("AccessDenied"), 403)
        key = request.path_params.get("key", "")
        if request.method == "PUT":
            return self._put(key, await request.body())
        if request.method == "POST" and "delete" in request.query_params:
            return self._delete(await request.body())
        return self._get(key) if key else self._list(request)

    def _put(self, key: str, body: bytes) -> Response:
        self.objects[key] = body, datetime.now(UTC)
        return Response(headers=_headers(*self.objects[key]))

    def _get(self, key: str) -> Response:
        if key not in self.objects:
            return Response(_error("NoSuchKey"), 404)
        body, at = self.objects[key]
        return Response(body, headers=_headers(body, at))

    def _delete(self, body: bytes) -> Response:
        keys = re.findall(r"<Key>([^<]*)</Key>", body.decode())
        for key in keys:
            self.objects.pop(key, None)
        gone = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        return Response(f"<DeleteResult>{gone}</DeleteResult>", media_type="application/xml")

    def _list(self, request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")
        after = request.query_params.get("continuation-token", "")
        found = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page, more = found[:PAGE], len(found) > PAGE
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key][0])}</Size>"
            f"<LastModified>{self.objects[key][1].isoformat()}</LastModified></Contents>"
            for key in page
        )
        next_ = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        return Response(
            f"<ListBucketResult><Name>{NAME}</Name><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{next_}{rows}</ListBucketResult>",
            media_type="application/xml",
        )


def _headers(body: bytes, at: datetime) -> dict[str, str]:
    tag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return {"ETag": f'"{tag}"', "Last-Modified": at.strftime("%a, %d %b %Y %H:%M:%S GMT")}


def _error(code: str) -> str:
    return f"<Error><Code>{code}</Code><Message>-</Message></Error>"


@asynccontextmanager
async def bucket() -> AsyncIterator[Bucket]:
    """A bucket that answers on a free port of this machine."""
    held = Bucket()
    methods = ["GET", "HEAD", "PUT", "POST"]
    routes = [
        Route(f"/{NAME}", held.answer, methods=methods),
        Route(f"/{NAME}/{{key:path}}", held.answer, methods=methods),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    held.url = f"http://127.0.0.1:{port}"
    yield held
    server.should_exit = True
    await task
