"""The category model a replica decides with: read once a version, off the event loop."""

from __future__ import annotations

import asyncio

from kit.db import Conn
from kit.logging import get
from services.router.category import model
from services.router.category.model import BadModelError, Model
from services.router.publishing import store_model

log = get(__name__)


class ModelInUse:
    """Holds the version that was asked for last."""

    def __init__(self) -> None:
        self._version = 0
        self._model: Model | None = None
        self._reading = asyncio.Lock()

    async def of(self, version: int, conn: Conn) -> Model | None:
        """The model of exactly `version`; None for version 0, or where the stored bytes are damaged.

        A damaged model must not stop routing: it is reported, and keywords decide alone.
        """
        async with self._reading:
            if version != self._version:
                self._model = await _read(conn, version) if version else None
                self._version = version
            return self._model


async def _read(conn: Conn, version: int) -> Model | None:
    found = await store_model.body(conn, version)
    if found is None:
        log.error("model_missing", version=version)
        return None
    kept, body = found
    try:
        built = await asyncio.to_thread(_build, kept, body, version)
    except BadModelError:
        log.exception("model_damaged", version=version)
        return None
    log.info("model_in_use", version=version)
    return built


def _build(kept: str, body: bytes, version: int) -> Model:
    if model.digest(body) != kept:
        raise BadModelError
    return model.from_bytes(body, version)
