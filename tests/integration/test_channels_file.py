"""The channels file: what it opens, and every mistake named in both languages before anything starts."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Final

import pytest

from chuishao.channels import channels_file, keep_channels_file
from services.notifier.channels.by_apprise import AppriseChannel
from services.notifier.channels.listing import ChannelsFileError
from services.notifier.channels.loading import Outside, open_channels
from services.notifier.channels.schemes import SCHEMES
from services.notifier.channels.to_file import FileChannel
from services.notifier.channels.webhook import SignedWebhook

SIGNING: Final = "whsec_" + base64.b64encode(b"s" * 32).decode()
OPERATIONS: Final = Path(__file__).parents[2] / "docs" / "operations.md"


def opened(folder: Path, text: str, mode: int = 0o600) -> Outside:
    path = folder / "channels.toml"
    path.write_text(text)
    path.chmod(mode)
    return open_channels(path)


async def test_no_file_means_no_channel() -> None:
    found = open_channels(None)
    assert (found.channels, found.gateways) == ({}, ())


async def test_every_kind_opens_and_closes(tmp_path: Path) -> None:
    keys = tmp_path / "hook.keys"
    keys.write_text(f"{SIGNING}\n\n{SIGNING}\n")
    keys.chmod(0o600)
    found = opened(
        tmp_path,
        f"""
        [channels.chat]
        kind = "apprise"
        url = "wechat://CORP:{{secret}}@1000002/{{address}}"
        secret = "a-b-c"
        [channels.hook]
        kind = "webhook"
        url = "https://hooks.example.gov.cn/notify"
        secret_file = "hook.keys"
        timeout = 3
        [channels.log]
        kind = "file"
        path = "notices.ndjson"
        [replies.gateway]
        secret = "{SIGNING}"
        channels = ["chat"]
        """,
    )
    kinds = {name: type(channel) for name, channel in found.channels.items()}
    assert kinds == {"chat": AppriseChannel, "hook": SignedWebhook, "log": FileChannel}
    (gateway,) = found.gateways
    assert (gateway.name, gateway.channels) == ("gateway", frozenset({"chat"}))
    await found.close()


HOOK: Final = f'kind = "webhook"\nurl = "https://h.example.com"\nsecret = "{SIGNING}"'
WRONG: Final = {
    "no toml": ("[channels.a\n", "line 1"),
    "unknown table": ("[channel.a]\nkind = 'file'", "channel"),
    "unknown key": (f"[channels.a]\n{HOOK}\nsecrt = 'x'", "channels.a.secrt"),
    "unknown kind": ("[channels.a]\nkind = 'pigeon'", "channels.a.kind"),
    "no kind": ("[channels.a]\nurl = 'https://h.example.com'", "channels.a.kind"),
    "bad name": ("[channels.'a b']\nkind = 'file'\npath = 'x'", "channels.a b.[key]"),
    "no url": ("[channels.a]\nkind = 'webhook'", "channels.a.url"),
    "no path": ("[channels.a]\nkind = 'file'", "channels.a.path"),
    "foreign key": ("[channels.a]\nkind = 'file'\npath = 'x'\nsecret = 'x'", "channels.a.secret"),
    "no secret": ("[channels.a]\nkind = 'webhook'\nurl = 'https://h.example.com'", "channels.a.secret"),
    "short secret": (
        "[channels.a]\nkind = 'webhook'\nurl = 'https://h.example.com'\nsecret = 'whsec_c2hvcnQ='",
        "channels.a.secret",
    ),
    "two secrets": (f"[channels.a]\n{HOOK}\nsecret_file = 'x'", "channels.a.secret_file"),
    "secret file gone": (
        "[channels.a]\nkind = 'webhook'\nurl = 'https://h.example.com'\nsecret_file = 'gone'",
        "channels.a.secret_file",
    ),
    "plain http": (
        f"[channels.a]\nkind = 'webhook'\nurl = 'http://h.example.com'\nsecret = '{SIGNING}'",
        "channels.a.url",
    ),
    "half an address": (
        f"[channels.a]\nkind = 'webhook'\nurl = 'https://{{address}}.com'\nsecret = '{SIGNING}'",
        "channels.a.url",
    ),
    "time-out": (f"[channels.a]\n{HOOK}\ntimeout = 0", "channels.a.timeout"),
    "scheme of another kind": ("[channels.a]\nkind = 'apprise'\nurl = 'syslog://'", "channels.a.url"),
    "starts a program": ("[channels.a]\nkind = 'apprise'\nurl = 'dbus://'", "channels.a.url"),
    "recipient as host": (
        "[channels.a]\nkind = 'apprise'\nurl = 'json://{address}/sms'", "channels.a.url",
    ),
    "recipient as mail host": (
        "[channels.a]\nkind = 'apprise'\nurl = 'mailto://u:p@example.com?smtp={address}&to=a@b.cn'",
        "channels.a.url",
    ),
    "secret that is not given": (
        "[channels.a]\nkind = 'apprise'\nurl = 'wecombot://{secret}'", "channels.a.secret",
    ),
    "incomplete": ("[channels.a]\nkind = 'apprise'\nurl = 'wechat://corp'", "channels.a.url"),
    "gateway without channel": (f"[replies.g]\nsecret = '{SIGNING}'\nchannels = ['sms']", "replies.g.channels"),
    "gateway without secret": (
        f"[channels.a]\n{HOOK}\n[replies.g]\nchannels = ['a']", "replies.g.secret",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_named_in_both_languages(mistake: str, tmp_path: Path) -> None:
    text, field = WRONG[mistake]
    with pytest.raises(ChannelsFileError) as refused:
        opened(tmp_path, text)
    said = str(refused.value)
    assert field in said
    assert re.search(r"[\u4e00-\u9fff].* / .*[a-z]", said)
    assert SIGNING not in said
    assert "c2hvcnQ" not in said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o622])
def test_a_file_that_others_may_read_or_write_is_refused(mode: int, tmp_path: Path) -> None:
    with pytest.raises(ChannelsFileError, match="chmod 600"):
        opened(tmp_path, "", mode)
    keys = tmp_path / "keys"
    keys.write_text(SIGNING)
    keys.chmod(mode)
    with pytest.raises(ChannelsFileError, match=r"channels\.a\.secret_file.*chmod 600"):
        opened(tmp_path, f"[channels.a]\n{HOOK.replace('secret = ', '#')}\nsecret_file = 'keys'")


def test_the_embedded_installation_has_channels_and_leaves_a_citys_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHUISHAO_CHANNELS_FILE", raising=False)
    keep_channels_file(tmp_path)
    path = channels_file(tmp_path)
    assert path == tmp_path.resolve() / "channels.toml"
    assert set(open_channels(path).channels) == {"chat", "sms"}
    path.write_text("")
    keep_channels_file(tmp_path)
    assert path.read_text() == ""
    monkeypatch.setenv("CHUISHAO_CHANNELS_FILE", str(tmp_path / "own" / "channels.toml"))
    keep_channels_file(tmp_path)
    assert channels_file(tmp_path) == tmp_path / "own" / "channels.toml"
    assert not channels_file(tmp_path).exists(), "a file the city named is not made up"


def test_every_example_of_the_operations_page_opens(tmp_path: Path) -> None:
    """Each address scheme we allow is shown there, and apprise knows how to read the example."""
    page = OPERATIONS.read_text()
    rows = re.findall(r"^\| [^|]+ \| `([a-z]+://[^`]+)` \|", page, re.MULTILINE)
    for number, url in enumerate(rows):
        text = f"[channels.c{number}]\nkind = 'apprise'\nurl = '{url}'"
        given = f"\nsecret = '{'a' * 32}'" if "{secret}" in url else ""
        opened(tmp_path, text + given)
    assert {url.partition("://")[0].removesuffix("s") for url in rows} >= {
        scheme.removesuffix("s") for scheme in SCHEMES
    }
