"""Where a channel may connect to: spellings, networks, names that change, and a public one that passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.guard import Guard
from services.notifier.channels.network import why_not
from services.notifier.channels.spelling import SpellingError, check_host, parse
from services.notifier.notices.channel import ChannelError

PUBLIC: Final = "93.184.215.14"
HOOK: Final = "https://hooks.example.gov.cn/notify?city=1"

REFUSED: Final = {
    # loopback and its spellings
    "https://127.0.0.1/": "forbidden_loopback",
    "https://127.255.255.254/": "forbidden_loopback",
    "https://127.1/": "address_number",
    "https://127.0.1/": "address_number",
    "https://2130706433/": "address_number",
    "https://017700000001/": "address_number",
    "https://0177.0.0.1/": "address_number",
    "https://0x7f.0.0.1/": "address_number",
    "https://0x7f000001/": "address_number",
    "https://127.0.0.01/": "address_number",
    "https://127.0.0.1./": "address_dots",
    "https://[::1]/": "forbidden_loopback",
    "https://[0:0:0:0:0:0:0:1]/": "forbidden_loopback",
    "https://[::ffff:127.0.0.1]/": "forbidden_mapped",
    "https://[::ffff:7f00:1]/": "forbidden_mapped",
    "https://[::127.0.0.1]/": "forbidden_mapped",
    "https://[::1%25lo]/": "address_zone",
    "https://[fe80::1%eth0]/": "address_zone",
    "https://localhost/": "address_inside_name",
    "https://LOCALHOST/": "address_inside_name",
    "https://localhost./": "address_dots",
    "https://a.localhost/": "address_inside_name",
    "https://\uff11\uff12\uff17.0.0.1/": "address_letters",
    "https://127。0。0。1/": "address_dots",
    "https://ⓛocalhost/": "address_letters",
    # private, shared, link-local and nobody's
    "https://10.0.0.1/": "forbidden_private",
    "https://172.31.255.1/": "forbidden_private",
    "https://192.168.1.1/": "forbidden_private",
    "https://[fc00::1]/": "forbidden_private",
    "https://[::ffff:10.0.0.1]/": "forbidden_mapped",
    "https://100.64.0.1/": "forbidden_carrier",
    "https://169.254.1.1/": "forbidden_link_local",
    "https://[fe80::1]/": "forbidden_link_local",
    "https://0.0.0.0/": "forbidden_unspecified",
    "https://0/": "address_number",
    "https://[::]/": "forbidden_unspecified",
    "https://224.0.0.1/": "forbidden_multicast",
    "https://[ff02::1]/": "forbidden_multicast",
    "https://255.255.255.255/": "forbidden_reserved",
    "https://192.0.2.1/": "forbidden_reserved",
    "https://198.18.0.1/": "forbidden_reserved",
    "https://[2001:db8::1]/": "forbidden_reserved",
    "https://[3fff::1]/": "forbidden_reserved",
    "https://[5f00::1]/": "forbidden_reserved",
    "https://192.88.99.1/": "forbidden_tunnel",
    "https://[64:ff9b::7f00:1]/": "forbidden_nat64",
    "https://[64:ff9b:1::a00:1]/": "forbidden_nat64",
    "https://[2002:7f00:1::]/": "forbidden_tunnel",
    "https://[2001:0:7f00:1::]/": "forbidden_tunnel",
    # metadata
    "https://169.254.169.254/latest/meta-data/": "forbidden_metadata",
    "https://100.100.100.200/": "forbidden_metadata",
    "https://168.63.129.16/": "forbidden_metadata",
    "https://[fd00:ec2::254]/": "forbidden_metadata",
    "https://metadata.google.internal/": "address_inside_name",
    "https://0xa9fea9fe/": "address_number",
    # names inside, user names, other schemes, tricks with separators
    "https://postgres:5432/": "address_inside_name",
    "https://router.local/": "address_inside_name",
    "https://user@hooks.example.gov.cn/": "address_credentials",
    "https://user:pass@hooks.example.gov.cn/": "address_credentials",
    "https://hooks.example.gov.cn@127.0.0.1/": "address_credentials",
    "https://hooks.example.gov.cn\\@127.0.0.1/": "address_characters",
    "https://hooks.example.gov.cn#@127.0.0.1/": "address_form",
    "https://hooks.example.gov.cn:443:80/": "address_host",
    "https://hooks.example.gov.cn:0/": "address_port",
    "https://hooks.example.gov.cn:65536/": "address_port",
    "https://hooks..example.gov.cn/": "address_dots",
    "https://.example.gov.cn/": "address_dots",
    "https://ex_ample.gov.cn/": "address_host",
    "https://%31%32%37.0.0.1/": "address_number",
    "https://127.0.0.1%00.example.com/": "address_host",
    "https://[127.0.0.1]/": "address_host",
    "https:///etc/passwd": "address_host",
    "https:hooks.example.gov.cn": "address_form",
    "http://hooks.example.gov.cn/": "address_scheme",
    "ftp://hooks.example.gov.cn/": "address_scheme",
    "file:///etc/passwd": "address_scheme",
    "gopher://127.0.0.1/": "address_scheme",
    "https://hooks.example.gov.cn/\r\nX-A: b": "address_characters",
    "https://hooks.example.gov.cn /": "address_characters",
    " https://hooks.example.gov.cn/": "address_characters",
    "": "address_characters",
    "https://" + "a" * 3000: "address_characters",
}


class Names:
    """A name server that says what it is told, and counts how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del host, port
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def judged(url: str, guard: Guard) -> Sequence[str]:
    try:
        target = parse(url, ("https",), allow_private=guard.allow_private)
    except SpellingError as error:
        raise ChannelError(f"address_{error.reason}", retryable=False) from None
    return await guard.checked(target.host, target.port)


@pytest.mark.parametrize(("url", "reason"), REFUSED.items(), ids=[repr(u)[:60] for u in REFUSED])
async def test_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ChannelError) as refused:
        await judged(url, Guard(resolve=Names([PUBLIC])))
    assert (refused.value.reason, refused.value.retryable) == (reason, False)


@pytest.mark.parametrize(
    "url",
    [
        HOOK,
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07::1]:8443/x",
        "https://例子.中国/",
    ],
)
async def test_a_public_address_passes(url: str) -> None:
    assert await judged(url, Guard(resolve=Names([PUBLIC])))


@pytest.mark.parametrize(
    "answers",
    [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:10.0.0.1"], ["169.254.169.254", PUBLIC]],
)
async def test_a_name_with_one_forbidden_address_is_refused(answers: list[str]) -> None:
    with pytest.raises(ChannelError, match="forbidden_"):
        await judged(HOOK, Guard(resolve=Names(answers)))


async def test_a_name_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(ChannelError) as refused:
        await judged(HOOK, Guard(resolve=Names([])))
    assert (refused.value.reason, refused.value.retryable) == ("unresolved", True)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.1.1", "::1", "fd12::1"]
)
def test_private_networks_open_where_the_city_says_so(address: str) -> None:
    assert why_not(address, allow_private=False)
    assert why_not(address, allow_private=True) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.1.2.3", "::", "224.0.0.1",
        "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "192.0.2.1",
    ],
)  # fmt: skip
def test_nobodys_and_metadata_addresses_never_open(address: str) -> None:
    assert why_not(address, allow_private=True)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_another_one_is_never_reached(address: object) -> None:
    for around in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}"):
        assert why_not(around, allow_private=True) or around == "::0.0.0.1"


@given(st.text(max_size=40))
def test_whatever_is_taken_for_a_host_is_plain(text: str) -> None:
    try:
        host = check_host(text, allow_private=True)
    except SpellingError:
        return
    assert host.isascii()
    assert host == host.lower()
    assert not set(host) & set("@/\\?#% \t\r\n")
    assert not host.endswith(".")
