"""How the embedded installation tells people: into a file, until the city names real channels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from chuishao.files import write_private

# Names of the sample's contacts.csv; both write what would have been sent, and nothing leaves the machine.
_SAMPLE: Final = """\
# 通知渠道 / How people are told: docs/operations.md, "Channels".

[channels.chat]
kind = "file"
path = "notices.ndjson"

[channels.sms]
kind = "file"
path = "notices.ndjson"
"""


def channels_file(data_dir: Path) -> Path:
    """Return the channels file: the one that CHUISHAO_CHANNELS_FILE names, else our own."""
    named = os.environ.get("CHUISHAO_CHANNELS_FILE")
    return Path(named) if named else data_dir.resolve() / "channels.toml"


def keep_channels_file(data_dir: Path) -> None:
    """Write the sample's channels where there is no file yet; a file of the city is never touched."""
    path = channels_file(data_dir)
    if not path.exists() and path.parent == data_dir.resolve():
        write_private(path, _SAMPLE)
