"""Local time of the city. A fixed offset: Asia/Shanghai has had no daylight saving since 1991."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Final

CITY_TIME: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
