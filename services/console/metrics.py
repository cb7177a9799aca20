"""What the console measures of its own work."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

STREAMS: Final = Gauge("chuishao_live_streams", "Screens that follow the live stream here")
STREAM_SEQ: Final = Gauge("chuishao_live_seq", "Number of the newest frame handed out here")
NOT_SHOWN: Final = Counter(
    "chuishao_live_matters_not_shown_total", "Looks at a matter that could not be shown"
)
