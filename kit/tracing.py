"""Traces, where a collector is named: OpenTelemetry over HTTP. Spans carry ids and subjects, no bodies.

Of an exception a span tells the type. Its words may quote what a resident said, so they stay here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from faststream.nats.opentelemetry import NatsTelemetryMiddleware
from faststream.nats.prometheus import NatsPrometheusMiddleware
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status
from prometheus_client import REGISTRY

_TYPE: Final = "exception.type"


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
        watching.append(NatsTelemetryMiddleware(tracer_provider=tracer_provider(service, endpoint)))
    return watching


def tracer_provider(service: str, endpoint: str) -> TracerProvider:
    """Spans of this process, sent to the collector every few seconds."""
    provider = TracerProvider(resource=Resource({"service.name": f"chuishao-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(_WordlessExporter(endpoint=endpoint)))
    return provider


class _WordlessExporter(OTLPSpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_wordless(span) for span in spans])


def _wordless(span: ReadableSpan) -> ReadableSpan:
    """The span without what an exception said, which stands in its events and its status."""
    events = [
        Event(one.name, {_TYPE: str((one.attributes or {}).get(_TYPE))}, one.timestamp)
        for one in span.events
    ]
    return ReadableSpan(
        span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=events,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
