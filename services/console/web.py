"""The built front end as files: found once, looked up by name, never by a path somebody sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from fastapi import Request, Response

from kit.errors import not_found

CSP: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)
"""console.md section 3, to the letter."""
SAFE: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
NEVER_KEPT: Final = "no-store"
KEPT_FOR_GOOD: Final = "public, max-age=31536000, immutable"
KEPT_A_WHILE: Final = "public, max-age=3600"
HASHED: Final = "assets/"
"""Folder of files whose name says what is in them."""
INDEX: Final = "index.html"
WORKER: Final = "m/worker.js"
"""The phone's service worker: an old one would show an old page, so browsers ask for it each time."""
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""Files of other kinds are not served."""
UNBUILT: Final = "unbuilt.html"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the build."""

    place: Path
    zipped: Path | None
    """The same, compressed by the build."""
    media_type: str
    kept: str


class Front:
    """What a browser may fetch; a build made while we run is noticed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(str(resources.files("services.console"))) / "static"
        self._files: Mapping[str, File] = {}
        self._built_ns = 0

    @property
    def built(self) -> bool:
        """Whether there is a front end to serve."""
        self._notice()
        return bool(self._files)

    async def answer(self, path: str, request: Request) -> Response:
        """A file, or for every other address the page whose own routes decide. Raises DomainError 404."""
        return await asyncio.to_thread(self._answer, path, request)

    def _answer(self, path: str, request: Request) -> Response:
        self._notice()
        file = self._files.get(path)
        if file is None:
            if path.startswith(HASHED) or Path(path).suffix in TYPES:
                raise not_found("文件", "file")
            file = self._files.get(INDEX)
        return _unbuilt() if file is None else _sent(file, request)

    def _notice(self) -> None:
        try:
            built_ns = (self._folder / INDEX).stat().st_mtime_ns
        except OSError:
            built_ns = 0
        if built_ns != self._built_ns:
            self._files = dict(_found(self._folder)) if built_ns else {}
            self._built_ns = built_ns


def _found(folder: Path) -> list[tuple[str, File]]:
    files = []
    for place in folder.rglob("*"):
        kind, name = TYPES.get(place.suffix), place.relative_to(folder).as_posix()
        hidden = name.startswith(".") or place.is_symlink()
        if kind is None or hidden or not place.is_file():
            continue
        kept = KEPT_FOR_GOOD if name.startswith(HASHED) else KEPT_A_WHILE
        if place.suffix == ".html" or name == WORKER:
            kept = NEVER_KEPT
        zipped = place.with_name(f"{place.name}.gz")
        files.append((name, File(place, zipped if zipped.is_file() else None, kind, kept)))
    return files


def _sent(file: File, request: Request) -> Response:
    zips = file.zipped is not None and "gzip" in request.headers.get("accept-encoding", "")
    try:
        body = (file.zipped if zips and file.zipped else file.place).read_bytes()
    except OSError:  # a build is under way
        raise not_found("文件", "file") from None
    said = SAFE | {"Cache-Control": file.kept, "Vary": "Accept-Encoding"}
    if zips:
        said["Content-Encoding"] = "gzip"
    return Response(body, headers=said, media_type=file.media_type)


def _unbuilt() -> Response:
    """What to do where the front end was never built."""
    body = resources.files("services.console").joinpath("plain", UNBUILT).read_bytes()
    said = SAFE | {"Cache-Control": NEVER_KEPT}
    return Response(body, 503, said, media_type=TYPES[".html"])
