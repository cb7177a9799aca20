"""How far an import has come: a small file in the data directory, renewed after every answered batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from chuishao.files import make_private_dir, write_private


@dataclass(slots=True)
class State:
    """Lines answered for, what became of them, and the length of the reject file at that moment."""

    identity: str
    """Digest of the file, how its columns are read, and where it goes: another one begins anew."""
    done: int = 0
    fresh: int = 0
    again: int = 0
    refused: int = 0
    rejects_size: int = 0
    finished: bool = False

    @property
    def unfinished(self) -> bool:
        """True for an import that stopped in the middle."""
        return self.done > 0 and not self.finished


class StateFile:
    """`DATA_DIR/imports/…json`."""

    def __init__(self, data_dir: Path, digest: str, parts: Sequence[object]) -> None:
        text = json.dumps([digest, *parts], ensure_ascii=False, default=str)
        self._identity = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        self._path = data_dir / "imports" / f"{self._identity[:32]}.json"

    def read(self, *, resume: bool) -> State:
        """Where an unfinished import of the same file stopped; else the beginning."""
        state = self._stored() if resume else None
        return state if state and state.unfinished else State(self._identity)

    def write(self, state: State) -> None:
        """Keep it; a crash leaves this or the one before."""
        make_private_dir(self._path.parent)
        write_private(self._path, json.dumps(asdict(state)))

    def _stored(self) -> State | None:
        try:
            state = State(**json.loads(self._path.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return state if state.identity == self._identity else None
