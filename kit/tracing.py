"""Traces, where a collector is named: OpenTelemetry over HTTP. Spans carry ids and subjects, no bodies."""

from __future__ import annotations

from typing import Any

from faststream.nats.opentelemetry import NatsTelemetryMiddleware
from faststream.nats.prometheus import NatsPrometheusMiddleware
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import REGISTRY


def middlewares(service: str, endpoint: str | None) -> list[Any]:
    """What watches a broker: always Prometheus, and OpenTelemetry when `endpoint` is given.

    `endpoint` is the collector's OTLP/HTTP address for traces, e.g. `http://127.0.0.1:4318/v1/traces`.
    """
    watching: list[Any] = [
        NatsPrometheusMiddleware(
            registry=REGISTRY, app_name=service, metrics_prefix="chuishao_broker"
        )
    ]
    if endpoint is not None:
        provider = TracerProvider(resource=Resource({"service.name": f"chuishao-{service}"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        watching.append(NatsTelemetryMiddleware(tracer_provider=provider))
    return watching
