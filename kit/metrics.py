"""Prometheus metrics every service has; label values are registered at zero on start."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

PUBLISHED: Final = Counter("chuishao_published", "Events acknowledged by the broker", ["service"])
PUBLISH_FAILED: Final = Counter(
    "chuishao_publish_failed", "Publishes without an acknowledgement", ["service"]
)
CONSUMED: Final = Counter("chuishao_consumed", "Messages by outcome", ["consumer", "outcome"])
BATCH_S: Final = Histogram(
    "chuishao_batch_seconds", "Time from fetch to acknowledgement", ["consumer"], buckets=BUCKETS_S
)
REQUEST_S: Final = Histogram(
    "chuishao_request_seconds",
    "HTTP requests by route and status class",
    ["service", "route", "status"],
    buckets=BUCKETS_S,
)
WAITING: Final = Gauge(
    "chuishao_requests_waiting", "Requests that wait for the database", ["service"]
)
TURNED_AWAY: Final = Counter(
    "chuishao_turned_away", "Requests refused when only their head was read", ["service", "status"]
)
OUTBOX_PENDING: Final = Gauge("chuishao_outbox_pending", "Events not yet published", ["service"])
OUTBOX_AGE_S: Final = Gauge(
    "chuishao_outbox_age_seconds", "Age of the oldest event not yet published", ["service"]
)
DEAD_LETTERS: Final = Gauge("chuishao_dead_letters", "Dead letters not yet resolved", ["service"])
AUDIT_LINKED: Final = Counter("chuishao_audit_linked", "Audit records linked", ["service"])
AUDIT_WAITING: Final = Gauge("chuishao_audit_waiting", "Audit records not yet linked", ["service"])
AUDIT_LAG_S: Final = Gauge(
    "chuishao_audit_lag_seconds", "Age of the oldest audit record not yet linked", ["service"]
)
AUDIT_TAMPERED: Final = Counter(
    "chuishao_audit_tampered", "Times the chain was not as this process had seen it", ["service"]
)

RECONCILED: Final = Counter(
    "chuishao_reconcile_actions",
    "What the reconciler did: looks, scans, events offered again, tries put off",
    ["service", "stream", "action"],
)

RECONCILE_ACTIONS: Final = ("looked", "scanned", "offered", "put_off")
OUTCOMES: Final = ("applied", "repeated", "waiting", "retried", "buried")


def register(service: str, consumers: tuple[str, ...]) -> None:
    """Make every label value exist at zero, so that an alert works before the first failure."""
    PUBLISHED.labels(service)
    PUBLISH_FAILED.labels(service)
    for status in ("429", "503"):
        TURNED_AWAY.labels(service, status)
    for consumer in consumers:
        for outcome in OUTCOMES:
            CONSUMED.labels(consumer, outcome)
