"""Which network addresses a channel may reach. Pure.

Sources: IANA special-purpose address registries (RFC 6890), RFC 6052 (NAT64), the clouds' metadata
addresses; reliability.md D.5 and D.7 row 36.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

_TABLE: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("unspecified", ("0.0.0.0/8", "::/128")),
    (
        "metadata",
        (
            "169.254.169.254/32", "169.254.0.23/32", "100.100.100.200/32", "168.63.129.16/32",
            "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128",
        ),
    ),
    ("link_local", ("169.254.0.0/16", "fe80::/10", "fec0::/10")),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    ("mapped", ("::ffff:0:0/96", "::ffff:0:0:0/96", "::/96")),
    ("nat64", ("64:ff9b::/96", "64:ff9b:1::/48")),
    ("tunnel", ("2002::/16", "2001::/32", "192.88.99.0/24")),
    ("reserved", ("5f00::/16", "3fff::/20")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    ("carrier", ("100.64.0.0/10",)),
)  # fmt: skip
_NETWORKS: Final = tuple((ip_network(text), name) for name, texts in _TABLE for text in texts)
"""In the order in which they are asked: the first that holds the address names it."""
_OWN: Final = frozenset({"loopback", "private", "carrier"})
"""What `allow_private` opens. The others carry another address inside, answer with secrets, or are nobody."""


def why_not(address: str, *, allow_private: bool) -> str | None:
    """Why an address must not be connected to, as a code; None where it may.

    Raises ValueError for what is no address in its usual spelling.
    """
    found = ip_address(address.partition("%")[0])
    name = next(
        (name for net, name in _NETWORKS if net.version == found.version and found in net), None
    )
    if name in _OWN and allow_private:
        return None
    return name or (None if found.is_global else "reserved")
