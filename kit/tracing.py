"""Traces, where a collector is named: OpenTelemetry over HTTP. Spans carry ids and subjects, no bodies.

Of an exception a span tells the type. Its words may quote what a resident said, so they stay here. Metrics name the
kind of a message, not its subject: those are as many as units and grids of a city, and each would be kept for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from faststream.message import StreamMessage
from faststream.nats.opentelemetry import NatsTelemetryMiddleware
from faststream.prometheus import ConsumeAttrs, MetricsSettingsProvider
from faststream.prometheus.middleware import PrometheusMiddleware
from faststream.response import PublishCommand
from nats.aio.msg import Msg
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status
from prometheus_client import REGISTRY

from contracts.catalog import BY_NAME
from contracts.command import ACTIONS

KINDS: Final = frozenset(BY_NAME) | {f"cmd.{action}" for action in ACTIONS}
OTHER: Final = "other"
_TYPE: Final = "exception.type"


def middlewares(service: str, endpoint: str | None) -> list[Any]:
    """What watches a broker: always Prometheus, and OpenTelemetry when `endpoint` is given.

    `endpoint` is the collector's OTLP/HTTP address for traces, e.g. `http://127.0.0.1:4318/v1/traces`.
    """
    watching: list[Any] = [
        PrometheusMiddleware[Any, PublishCommand](
            settings_provider_factory=lambda _: _ByKind(),
            registry=REGISTRY,
            app_name=service,
            metrics_prefix="chuishao_broker",
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


def message_kind(subject: str) -> str:
    """`ticket.dispatched`, `cmd.accept`; `other` for what is in no catalogue, such as addresses of answers."""
    kind = ".".join(subject.split(".", 2)[:2])
    return kind if kind in KINDS else OTHER


class _ByKind(MetricsSettingsProvider[Any, PublishCommand]):
    messaging_system = "nats"

    def get_consume_attrs_from_message(self, msg: StreamMessage[Any]) -> ConsumeAttrs:
        raw = msg.raw_message
        batch: Sequence[Msg] = raw if isinstance(raw, Sequence) else (raw,)
        return {
            "destination_name": message_kind(batch[0].subject),
            "message_size": len(msg.body),
            "messages_count": len(batch),
        }

    def get_publish_destination_name_from_cmd(self, cmd: PublishCommand) -> str:
        return message_kind(cmd.destination)


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
