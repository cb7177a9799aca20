"""What the router measures of its own work."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from services.router.decision.decision import RoutingReason

TICKETS: Final = Gauge("chuishao_tickets", "Open tickets by state", ["status"])
HOT_ISSUES: Final = Gauge("chuishao_hot_issues", "Open hot issues")
DECISIONS: Final = Counter("chuishao_decisions", "Routing decisions by reason", ["reason"])
DISPATCH_S: Final = Histogram(
    "chuishao_dispatch_seconds",
    "Time from a complaint's receipt to its routing",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600, 3600),
)
COVERAGE_OPEN: Final = Gauge(
    "chuishao_coverage_open_cells",
    "Grids times categories without a reachable owner in the last nightly proof; -1 before the first",
)
COVERAGE_OPEN.set(-1)
CONTACTS_STALE: Final = Gauge(
    "chuishao_contacts_stale", "Units that have not signed or not answered for too long"
)

for _reason in RoutingReason:
    DECISIONS.labels(_reason.value)
