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
OUTBOX_PENDING: Final = Gauge("chuishao_outbox_pending", "Events not yet published", ["service"])
OUTBOX_AGE_S: Final = Gauge(
    "chuishao_outbox_age_seconds", "Age of the oldest event not yet published", ["service"]
)
DEAD_LETTERS: Final = Gauge("chuishao_dead_letters", "Dead letters not yet resolved", ["service"])

OUTCOMES: Final = ("applied", "repeated", "waiting", "retried", "buried")


def register(service: str, consumers: tuple[str, ...]) -> None:
    """Make every label value exist at zero, so that an alert works before the first failure."""
    PUBLISHED.labels(service)
    PUBLISH_FAILED.labels(service)
    for consumer in consumers:
        for outcome in OUTCOMES:
            CONSUMED.labels(consumer, outcome)
