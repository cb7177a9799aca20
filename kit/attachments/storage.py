"""Where the bytes lie: a folder, or a bucket of anything that speaks S3. One port, two stores.

Keys are made by us of our own ids; an object is written whole or not at all.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from obstore.exceptions import BaseError
from obstore.store import S3Store

from kit.ids import new_id
from kit.settings import StorageSettings

SHARDS: Final = 256
"""Folders of the first level; a sweep lists one of them at a time."""
PIECE: Final = 256 * 1024
"""Bytes handed out at once."""
_TIMEOUT: Final = timedelta(seconds=30)


class StorageLostError(OSError):
    """The storage does not answer, or not as it should; the same may succeed later."""


class Storage(Protocol):
    """What is needed of a store. Everything raises OSError when the store cannot be used."""

    async def put(self, key: str, body: bytes) -> None:
        """Keep an object; when this returns it is on disk."""

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """An object piece by piece. Raises OSError before the first piece when it is not there."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are gone already are no error."""

    async def listed(self, shard: int) -> list[tuple[str, datetime]]:
        """Everything in one of the SHARDS, also what a crash left half written: key, last change."""


def key_of(attachment_id: UUID) -> str:
    """The key of an attachment; the end of its id is random, so folders fill evenly."""
    name = attachment_id.hex
    return f"{name[-2:]}/{name[-4:-2]}/{name}"


def id_of(key: str) -> UUID | None:
    """The attachment a key belongs to; None for what a crash left half written."""
    try:
        return UUID(key.rpartition("/")[2])
    except ValueError:
        return None


def open_storage(settings: StorageSettings, service: str) -> Storage:
    """The store of one service, apart from the others'. Raises ValueError for an address that is none."""
    where = urlsplit(settings.storage)
    if where.scheme == "file" and not where.netloc and where.path:
        return FolderStorage(Path(unquote(where.path)) / service)
    if where.scheme == "s3" and where.netloc:
        prefix = "/".join(part for part in (where.path.strip("/"), service) if part)
        return BucketStorage(settings, where.netloc, prefix)
    raise ValueError("CHUISHAO_STORAGE must be file:///folder or s3://bucket/prefix")


class FolderStorage:
    """A folder of this machine or of a mounted file system; files are ours alone (0600)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, body: bytes) -> None:
        """Write beside it, force it to disk, rename, force the names to disk."""
        await asyncio.to_thread(self._write, self._root / key, body)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Piece by piece, never all in memory."""
        file = await asyncio.to_thread((self._root / key).open, "rb")

        async def pieces() -> AsyncIterator[bytes]:
            with file:
                while piece := await asyncio.to_thread(file.read, PIECE):
                    yield piece

        return pieces()

    async def delete(self, keys: Sequence[str]) -> None:
        """One by one."""
        await asyncio.to_thread(self._remove, keys)

    async def listed(self, shard: int) -> list[tuple[str, datetime]]:
        """Of one folder of the first level."""
        return await asyncio.to_thread(self._files, self._root / f"{shard:02x}")

    def _write(self, path: Path, body: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_name(f"{new_id().hex}.half")
        try:
            with open(half, "xb", opener=_private) as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent, self._root, self._root.parent):
            _sync(folder)

    def _remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            with suppress(FileNotFoundError):
                (self._root / key).unlink()

    def _files(self, folder: Path) -> list[tuple[str, datetime]]:
        found = []
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    found.append((path.relative_to(self._root).as_posix(), changed))
        return found


class BucketStorage:
    """A bucket; an object appears with the answer to its PUT and never in part."""

    def __init__(self, settings: StorageSettings, bucket: str, prefix: str) -> None:
        key, secret = settings.s3_access_key, settings.s3_secret_key
        endpoint = settings.s3_endpoint
        self._store = S3Store(
            bucket,
            prefix=prefix,
            endpoint=endpoint,
            region=settings.s3_region,
            access_key_id=key.get_secret_value() if key else None,
            secret_access_key=secret.get_secret_value() if secret else None,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "timeout": _TIMEOUT,
            },
            retry_config={"max_retries": 2, "retry_timeout": _TIMEOUT},
        )

    async def put(self, key: str, body: bytes) -> None:
        """One PUT: what is taken is far below what needs several parts."""
        try:
            await self._store.put_async(key, body, use_multipart=False)
        except (BaseError, OSError) as error:
            raise _lost(error) from error

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Piece by piece, as it comes."""
        try:
            found = await self._store.get_async(key)
        except (BaseError, OSError) as error:
            raise _lost(error) from error

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in found.stream(PIECE):
                yield bytes(piece)

        return pieces()

    async def delete(self, keys: Sequence[str]) -> None:
        """As many as the protocol takes in one request."""
        try:
            await self._store.delete_async(list(keys))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _lost(error) from error

    async def listed(self, shard: int) -> list[tuple[str, datetime]]:
        """Of one prefix, page after page."""
        found: list[tuple[str, datetime]] = []
        try:
            async for page in self._store.list(prefix=f"{shard:02x}/"):
                found += [(one["path"], one["last_modified"]) for one in page]
        except (BaseError, OSError) as error:
            raise _lost(error) from error
        return found


def _lost(error: Exception) -> StorageLostError:
    """Kind of failure only: a store's own words may name hosts and keys."""
    return StorageLostError(type(error).__name__)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
