"""How whatever reads files and attachments of strangers is called, and what it may raise."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chuishao import business_clock, dsn, explain
from chuishao.importing import body as import_body
from chuishao.importing.columns import UnreadableFileError, read_header
from chuishao.importing.encoding import examine
from chuishao.importing.reading import CsvLines, json_lines
from contracts.directory import PARTS, Outline
from kit.attachments.inspection import inspect
from kit.chain import anchor
from kit.errors import DomainError
from services.notifier.channels import listing
from services.router import triage
from services.router.category import labelled, model
from services.router.directory.csv_rows import read_csv
from services.router.directory.toml_rows import TomlReader, lines_of
from services.router.place import numerals, outline_file
from tests.fuzz.near import DEEP, DISTRICT, IDENT, NOW, Parser, in_file
from tests.support.gateway import CHANNELS
from tests.support.pictures import document as pdf
from tests.support.pictures import photo, speech, video


def _toml(part: str) -> Parser:
    def read(file: Path) -> None:
        reader = TomlReader(file, part)
        reader.read()
        assert all(fault.remedy for fault in reader.faults)

    good = (DISTRICT / f"{part}.toml").read_text(encoding="utf-8")
    return Parser(
        in_file(f"{part}.toml", read), (good[-1_500:], good[:1_500], "a = " + DEEP, "a." * 900)
    )


def _csv(part: str) -> Parser:
    def read(file: Path) -> None:
        assert all(fault.remedy for fault in read_csv(file, PARTS[part])[1])

    lines = (DISTRICT / f"{part}.csv").read_bytes().splitlines(keepends=True)
    return Parser(in_file(f"{part}.csv", read), (b"".join(lines[:4]), b"".join(lines[:1])))


def _imported_csv(text: str) -> None:
    lines = CsvLines(io.StringIO(text))
    columns = read_header(lines.header, {}, {})
    assert all((line.body is None) is (line.refusal is not None) for line in lines.read(columns))


def _imported_json(text: str) -> None:
    for line in json_lines(io.StringIO(text), {}):
        assert (line.body is None) is (line.refusal is not None)


def _outlines(file: Path) -> None:
    assert all(isinstance(one, Outline) or one.remedy for one in outline_file.read(file))


def _model() -> bytes:
    head = {
        "labels": ["a", "b"],
        "n": 1,
        "bias": [0, 0],
        "scale": 1,
        "sharpness": 1,
        "threshold": 1,
        "card": {},
    }
    text = json.dumps(head).encode()
    return model.MAGIC + len(text).to_bytes(4, "little") + text + bytes(8 + 2 * 3)


_TIMES: Final = (
    "2026-11-22",
    "2026-11-22T09:00:00+08:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
)
_RING: Final = "[[[117,36],[117.1,36],[117.1,36.1],[117,36]]]"
_DEEP: Final = "[" * 900 + "]" * 900
_AREAS: Final = (
    f'{{"features":[{{"properties":{{"code":"370105"}},"geometry":{{"type":"Polygon","coordinates":{_RING}}}}}]}}',
    '{"features":[{"properties":{"code":"370105"},"geometry":{"type":"Polygon","coordinates":'
    + "[" * 900
    + "]" * 900
    + "}}]}",
)
_CHANNELS: Final = (
    CHANNELS + '[channels.hook]\nkind = "webhook"\nurl = "https://hooks.example.cn/x"\n'
)

PARSERS: Final[Mapping[str, Parser]] = {
    "chuishao.business_clock:parse": Parser(
        lambda text: business_clock.parse(text, now=NOW),
        ("+90m", "+999999999d", *_TIMES),
        (ValueError,),
    ),
    "chuishao.dsn:Dsn.parse": Parser(
        lambda text: dsn.Dsn.parse(text).our_database,
        ("postgresql://u:p%40@h:5432/d?host=/x",),
        (ValueError,),
    ),
    "chuishao.explain:parse_point": Parser(explain.parse_point, ("117.02,36.66",), (ValueError,)),
    "chuishao.importing.body:moment": Parser(
        import_body.moment, ("2026/3/2 9:00", *_TIMES), (ValueError,)
    ),
    "chuishao.importing.columns:read_header": Parser(
        lambda text: read_header(text.split(","), {}, {}),
        ("kind,text,channel,external_id", "text,channel,ticket_id,number"),
        (UnreadableFileError,),
    ),
    "chuishao.importing.reading:CsvLines": Parser(
        _imported_csv,
        ('kind,text,requester.phone,occurred_at\n投诉,"灯坏了",13800000001,2026/3/2 9:00\n',),
        (UnreadableFileError,),
    ),
    "chuishao.importing.reading:json_lines": Parser(
        _imported_json, ('{"text":"灯坏了","requester":{"phone":"13800000001"}}\n{"a.b":1e999}\n',)
    ),
    "chuishao.importing.encoding:examine": Parser(
        in_file("x.csv", examine),
        ("text\n灯坏了".encode("gb18030"), b"\xef\xbb\xbftext\n"),
        (UnreadableFileError,),
    ),
    "kit.attachments.inspection:inspect": Parser(
        inspect, (photo(), photo("PNG"), photo("WEBP"), pdf(), speech(), video()), (DomainError,)
    ),
    "kit.chain.anchor:parse": Parser(
        anchor.parse, ('{"service":"intake","seq":1,"at":"2026-11-22T00:00:00Z"}', DEEP)
    ),
    "services.notifier.channels.listing:read": Parser(
        listing.read, (_CHANNELS, "a = " + DEEP), (listing.ChannelsFileError,)
    ),
    "services.router.category.labelled:read": Parser(
        lambda raw: labelled.read("x.csv", raw),
        (b"text,label\na,b\n", gzip.compress(b"text,label\na,b\n")),
        (labelled.BadExamplesError,),
    ),
    "services.router.category.labelled:read_tokens": Parser(
        lambda raw: labelled.read_tokens("x.csv", raw),
        (b"tokens,label\na b,c\n",),
        (labelled.BadExamplesError,),
    ),
    "services.router.category.model:from_bytes": Parser(
        model.from_bytes, (_model(),), (model.BadModelError,)
    ),
    "services.router.directory.csv_rows:read_csv": _csv("areas"),
    "services.router.directory.csv_rows:read_csv of posts": _csv("posts"),
    "services.router.directory.csv_rows:read_csv of places": _csv("places"),
    "services.router.directory.toml_rows:TomlReader.read": _toml("limits"),
    "services.router.directory.toml_rows:TomlReader.read of the ladder": _toml("ladder"),
    "services.router.directory.toml_rows:TomlReader.read of notices": _toml("notices"),
    "services.router.directory.toml_rows:TomlReader.read of reception": _toml("reception"),
    "services.router.directory.toml_rows:lines_of": Parser(lines_of, ("[a.b]\nc = 1\n[[d]]\n",)),
    "services.router.place.numerals:numeral": Parser(numerals.numeral, ("二十", "12")),
    "services.router.place.numerals:building_label": Parser(
        numerals.building_label, ("3号楼", "\uff21座", "3-2-101")
    ),
    "services.router.place.outline_file:read": Parser(in_file("areas.geojson", _outlines), _AREAS),
    "services.router.triage:place": Parser(
        triage.place, (f"1~20~300~{IDENT}", f"{'9' * 30}~{'9' * 30}~0~{IDENT}"), (DomainError,)
    ),
}
"""Module and name to how it is tried; `of …` stands where one of them reads several kinds."""
