"""Which service answers what of the public HTTP. Pure; the one table the console forwards by.

What follows `/v1/` names a noun, and a noun has one owner. Files alone are kept by two services, each beside
what they belong to: who sends or fetches one says which, in `kept_by`, as every document that names a file
does or shows by where it stands (a complaint's files are intake's, a proof is the router's).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from kit.errors import DomainError, not_found
from kit.validation import wrong_field

INTAKE: Final = "intake"
ROUTER: Final = "router"
NOTIFIER: Final = "notifier"
OWNERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("complaints", "callbacks", "suggest", "reveals", "retention"), INTAKE),
    **dict.fromkeys(("tickets", "triage", "issues", "whistles", "directory", "explain"), ROUTER),
    **dict.fromkeys(("reception", "clocks", "escalations", "notices", "rates"), NOTIFIER),
}
"""What follows `/v1/`, and who answers it."""
FILES: Final = "attachments"
KEEPERS: Final = (INTAKE, ROUTER)
NOT_OFFERED: Final = frozenset({"/v1/complaints/batch", "/v1/replies", "/v1/events", "/v1/audit"})
"""For programs, which ask the service itself: an import answers while it is still being sent, a gateway signs
what it says, and every service has its own events and its own record."""
_DOTS: Final = re.compile(r"(^|/)\.{0,2}(/|$)")


def owner_of(path: str, query: str) -> str:
    """The service that answers an address under `/v1/`. Raises DomainError 404, 422."""
    noun, _, rest = path.removeprefix("/v1/").partition("/")
    if path in NOT_OFFERED or _DOTS.search(path.removeprefix("/")):
        raise _no_address()
    if noun == FILES and "/" not in rest:
        return _keeper(query)
    owner = OWNERS.get(noun)
    if owner is None:
        raise _no_address()
    return owner


def _keeper(query: str) -> str:
    named = parse_qs(query).get("kept_by", ())
    if len(named) == 1 and named[0] in KEEPERS:
        return named[0]
    raise wrong_field(
        "kept_by",
        zh="请在地址中注明附件由谁保管：kept_by=intake (随诉求) 或 kept_by=router (随工单办理)",
        en="say in the address who keeps the file: kept_by=intake (of a complaint) or kept_by=router"
        " (of the work on a ticket)",
    )


def _no_address() -> DomainError:
    return not_found("地址", "address")
