"""What is exported, line by line, from the public API into a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chuishao.bars import Tell
from chuishao.exporting.columns import COMPLAINTS, TICKETS
from chuishao.exporting.form import Format
from chuishao.exporting.reading import Reader, Span
from chuishao.exporting.sheets import sheet
from chuishao.files import write_private

_BAR: Final = "export"
_TOLD_EVERY: Final = 100
_KEPT_EVERY: Final = 1000
_RECEIVED: Final = "cn.chuishao.complaint.received.v1"
_DECLINED: Final = "cn.chuishao.complaint.declined.v1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is narrowed to: times of receipt, and codes."""

    span: Span
    area: str | None = None
    unit: str | None = None
    status: str | None = None

    def codes(self) -> dict[str, str]:
        """As `GET /v1/tickets` takes them."""
        given = {"area": self.area, "unit": self.unit, "status": self.status}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Out:
    """Where to and in which form; `zh` is a Chinese header instead of field names; events may go on."""

    path: Path
    form: Format
    zh: bool = False
    resume: bool = True


def tickets(reader: Reader, router: str, wanted: Wanted, out: Out, tell: Tell) -> int:
    """Export tickets, newest first; answer how many. The list knows no times, so all pages are read."""
    found = reader.tickets(router, wanted.codes())
    fitting = (one for one in found if wanted.span.holds(one["received_at"]))
    return _write(fitting, TICKETS, out, tell)


def complaints(reader: Reader, intake: str, wanted: Wanted, out: Out, tell: Tell) -> int:
    """Export complaints as they were received, oldest first; answer how many.

    Intake has no list of complaints: they are read from its events, which are kept for ever and masked.
    A declined one has its reason and door; its words never leave intake.
    """
    return _write(_complaints(reader, intake, wanted), COMPLAINTS, out, tell)


def _complaints(reader: Reader, intake: str, wanted: Wanted) -> Iterator[dict[str, Any]]:
    for _, line in reader.events(intake, "0-0"):
        event = json.loads(line)["event"]
        if event["type"] not in {_RECEIVED, _DECLINED}:
            continue
        data = event["data"]
        area = data.get("grid_code") or data.get("area") or ""
        if area.startswith(wanted.area or "") and wanted.span.holds(data["received_at"]):
            yield data | {"grid_code": area or None, "declined": event["type"] == _DECLINED}


def _write(items: Iterator[dict[str, Any]], columns: dict[str, str], out: Out, tell: Tell) -> int:
    count = 0
    with sheet(out.path, out.form, columns, zh=out.zh) as add:
        for count, item in enumerate(items, 1):
            add(item)
            if count % _TOLD_EVERY == 0:
                tell(_BAR, count, 0)
    return count


class Events:
    """Every event of every service, `{"service","cursor","event"}` a line, and how far each was read."""

    def __init__(self, path: Path, services: Mapping[str, str], wanted: Wanted) -> None:
        self._path = path
        self._place = path.with_name(f"{path.name}.position.json")
        self._services = services
        self._wanted = wanted
        self._identity = [repr(wanted.span), sorted(services.items())]
        self.after: dict[str, str] = {}
        self._size = 0

    def export(self, reader: Reader, tell: Tell, *, resume: bool) -> int:
        """Write what is new since the last time; answer how many lines. Raises ExportError, OSError.

        Interrupted, it can go on from there; `resume` false begins anew.
        """
        if resume:
            self._remember()
        read = count = 0
        self._path.touch(mode=0o600)
        with self._path.open("r+b") as file:
            file.truncate(self._size)
            file.seek(self._size)
            for service, url in self._services.items():
                for cursor, line in reader.events(url, self.after.get(service, "0-0")):
                    if self._fits(line):
                        file.write(b'{"service":"%s",%s\n' % (service.encode(), line[1:]))
                        count += 1
                    self.after[service] = cursor
                    read += 1
                    if read % _KEPT_EVERY == 0:
                        tell(_BAR, read, 0)
                        self._keep(file)
                self._keep(file)
        return count

    def _fits(self, line: bytes) -> bool:
        span = self._wanted.span
        return span == Span() or span.holds(json.loads(line)["event"]["time"])

    def _keep(self, file: Any) -> None:
        file.flush()
        kept = {"identity": self._identity, "size": file.tell(), "after": self.after}
        write_private(self._place, json.dumps(kept))

    def _remember(self) -> None:
        """Go on where the file and its position agree; else from the beginning."""
        try:
            kept = json.loads(self._place.read_text("utf-8"))
            known = kept["identity"] == json.loads(json.dumps(self._identity))
            if known and self._path.stat().st_size >= kept["size"]:
                self._size, self.after = int(kept["size"]), dict(kept["after"])
        except (OSError, ValueError, KeyError, TypeError):
            return
