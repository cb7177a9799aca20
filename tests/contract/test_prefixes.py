"""The console's one table says of every route of the services behind it whose it is, and passes on no other."""

from __future__ import annotations

import pytest

from kit.errors import DomainError
from services.console.prefixes import FILES, KEEPERS, NOT_OFFERED, OWNERS, owner_of
from tests.contract.test_routes import ROUTES

BEHIND = [
    (service, path)
    for service in ("intake", "router", "notifier")
    for path in sorted({path for _, path in ROUTES[service] if path.startswith("/v1/")})
]
NOT_FOR_PEOPLE = {"/v1/replies/{action}"}
"""Opened by a service's role alone."""


@pytest.mark.parametrize(("service", "path"), BEHIND)
def test_every_route_is_passed_on_to_its_owner(service: str, path: str) -> None:
    asked = path.replace("{", "").replace("}", "")
    if path in NOT_OFFERED | NOT_FOR_PEOPLE:
        with pytest.raises(DomainError, match="not-found"):
            owner_of(asked, "")
    else:
        assert owner_of(asked, f"kept_by={service}") == service


def test_the_table_names_nothing_that_is_not_there() -> None:
    nouns = {path.split("/")[2] for _, path in BEHIND}
    assert {*OWNERS, FILES} <= nouns
    assert {path for _, path in BEHIND if path in NOT_OFFERED} == NOT_OFFERED - {
        "/v1/events",
        "/v1/audit",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/v1/", "/v1/nothing", "/v1/events", "/v1/audit", "/v1/tickets/../events", "/v1/tickets//x",
        "/v1/tickets/./x", "/v1/tickets/", "/v1/..", "/v1/ticketsx",
    ],
)  # fmt: skip
def test_what_is_in_no_table_goes_nowhere(path: str) -> None:
    with pytest.raises(DomainError, match="not-found"):
        owner_of(path, "")


@pytest.mark.parametrize(
    "query", ["", "kept_by=notifier", "kept_by=intake&kept_by=router", "kept_by="]
)
def test_a_file_has_to_say_who_keeps_it(query: str) -> None:
    with pytest.raises(DomainError) as refused:
        owner_of("/v1/attachments/1", query)
    assert refused.value.field == "kept_by"
    assert {owner_of("/v1/attachments", f"kept_by={one}") for one in KEEPERS} == set(KEEPERS)
