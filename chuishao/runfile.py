"""`run.json`: what is running and how to sign in, for people's programs and for our commands.

The keys are a contract (product.md section 3): extend, do not rename.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from chuishao.files import write_private

FILE_NAME: Final = "run.json"


class NotRunningError(RuntimeError):
    """There is no readable run.json in this data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Name the directory and the remedy."""
        super().__init__(
            f"{data_dir} 中没有正在运行的吹哨：请先执行 chuishao up。\n"
            f"Nothing is running in {data_dir}: start it with `chuishao up`."
        )


@dataclass(frozen=True, slots=True)
class NatsUser:
    """How a unit or reader connects: key, JetStream API prefix and its durable consumer."""

    nkey_seed: str
    js_prefix: str
    stream: str
    consumer: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Addresses (URLs), tokens by role, NATS users by unit code and process ids by name."""

    console: str
    intake: str
    router: str
    notifier: str
    nats: str
    postgres: str
    tokens: Mapping[str, str]
    nats_users: Mapping[str, NatsUser]
    pids: Mapping[str, int]

    def with_pids(self, pids: Mapping[str, int]) -> RunInfo:
        """Return the same with other process ids, after a restart."""
        return replace(self, pids=pids)

    def write(self, data_dir: Path) -> Path:
        """Write run.json, mode 0600, at once or not at all; return its path."""
        path = data_dir / FILE_NAME
        write_private(path, json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n")
        return path


def read(data_dir: Path) -> RunInfo:
    """Read run.json; raises NotRunningError when there is none or it is not ours."""
    try:
        document = json.loads((data_dir / FILE_NAME).read_text("utf-8"))
        users = {code: NatsUser(**user) for code, user in document.pop("nats_users").items()}
        return RunInfo(nats_users=users, **document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NotRunningError(data_dir) from None


def remove(data_dir: Path) -> None:
    """Take run.json away when nothing runs any more."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)
