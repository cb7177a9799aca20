"""How whatever reads a word, a code, a cursor or a body of strangers is called, and what it may raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from contracts.catalog import BadSubjectError, area_tokens, command_subject, subject
from kit import idempotency, masking, strict_json, validation
from kit.errors import DomainError
from kit.reconcile import suspicion
from services.console.session import COOKIE, Cookie
from services.intake import number, viewing
from services.intake.keeping.vault_keys import VaultKeys
from services.intake.open311 import document, question, submission
from services.intake.open311.partner import Keyring
from services.intake.whereabouts import PlaceNames
from services.notifier import ending, legacy
from services.notifier import viewing as queue
from services.notifier.channels import spelling
from services.notifier.rates.period import Period
from services.notifier.replies import grammar
from services.notifier.worktime import limits
from tests.fuzz.near import DEEP, IDENT, NOW, Parser


def _open311(content_type: str) -> Callable[[bytes], Any]:
    return lambda body: submission.digest(submission.fields_of(content_type, body))


def _masked(text: str) -> None:
    assert masking.mask(masking.mask(text)) == masking.mask(text)


def _week(text: str) -> tuple[datetime, datetime]:
    found = Period.week(text)
    return found.since.astimezone(UTC), found.until.astimezone(UTC)


def _period(text: str) -> None:
    since, _, until = text.partition("/")
    Period.of(since, until, NOW)


def _legacy_cursor(text: str) -> None:
    found = legacy._after(text)
    assert found is None or found[0].astimezone(UTC).utcoffset() == found[0].utcoffset()


def _queue_cursor(text: str) -> None:
    found = queue._queue_cursor(text)
    assert found is None or -(2**31) < found[0] < 2**31


def _cookie(text: str) -> None:
    found = Cookie.read(text)
    assert found is None or len(found.secret) == SECRET_BYTES


def _keys(text: str) -> None:
    keys = Keyring.parse(text)
    with suppress(DomainError):
        keys.find(text)


_PAGE: Final = (
    f"12~{IDENT}",
    f"2026-11-22T09:00:00+08:00~{IDENT}",
    f"0001-01-01T00:00:00+08:00~{IDENT}",
)
_TIMES: Final = (
    "2026-11-22",
    "2026-11-22T09:00:00+08:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
)
SECRET_BYTES: Final = 32
PARSERS: Final[Mapping[str, Parser]] = {
    "contracts.catalog:area_tokens": Parser(
        area_tokens, ("370105", "370105001001001"), (BadSubjectError,)
    ),
    "contracts.catalog:subject": Parser(
        lambda text: subject("ticket.accepted", to=text),
        ("SZ-LD", "370105"),
        (BadSubjectError,),
    ),
    "contracts.catalog:command_subject": Parser(
        lambda text: command_subject(text, text), ("accept", "hand-on"), (BadSubjectError,)
    ),
    "kit.idempotency:is_key": Parser(idempotency.is_key, ("key-1",)),
    "kit.masking:mask": Parser(
        _masked,
        ("我叫王小明，电话13800000001，鲁A12345，37010519491231002X", "6222021234567890128"),
    ),
    "kit.reconcile.suspicion:moment": Parser(
        suspicion.moment, ("2026-11-22T00:00:00.123456789Z", "0001-01-01T00:00:00Z"), (ValueError,)
    ),
    "kit.strict_json:loads": Parser(
        strict_json.loads,
        ('{"a":[1,2.5,"x",null,true]}', DEEP, "1e999", '{"a":1,"a":2}'),
        (DomainError,),
    ),
    "kit.strict_json:loads of bytes": Parser(
        strict_json.loads, (b'{"a":"\xe7\x81\xaf"}', DEEP.encode()), (DomainError,)
    ),
    "kit.validation:id_cursor": Parser(validation.id_cursor, (IDENT,), (DomainError,)),
    "kit.validation:id_of": Parser(
        lambda text: validation.id_of(text, "工单", "ticket"), (IDENT,), (DomainError,)
    ),
    "services.console.session:Cookie.read": Parser(
        _cookie, (f"a=b; {COOKIE}={'A' * 43}", f"{COOKIE}={'-_' * 21}A;{COOKIE}=")
    ),
    "services.intake.keeping.vault_keys:VaultKeys.parse": Parser(
        lambda text: VaultKeys.parse(text, text), ("1:" + "A" * 43 + "=",), (ValueError,)
    ),
    "services.intake.number:is_number": Parser(number.is_number, ("261122000000",)),
    "services.intake.open311.document:Format.of": Parser(
        document.Format.of, ("json", "xml"), (DomainError,)
    ),
    "services.intake.open311.partner:Keyring.parse": Parser(
        _keys, ("city:" + "0" * 64 + ":file+read",), (ValueError,)
    ),
    "services.intake.open311.question:question": Parser(
        lambda text: question.question(dict(parse_qsl(text)), NOW),
        (
            "start_date=2026-11-01T00:00:00Z&end_date=2026-11-22T00:00:00Z&page=1&status=open",
            *(f"start_date={at}&end_date={at}&page=0" for at in _TIMES),
        ),
        (DomainError,),
    ),
    "services.intake.open311.submission:fields_of": Parser(
        _open311("application/json"),
        (b'{"service_code":"lamp","lat":36.6,"x":"\\ud800"}',),
        (DomainError,),
    ),
    "services.intake.open311.submission:fields_of of forms": Parser(
        _open311(submission.FORM),
        (b"service_code=lamp&description=%E7%81%AF&lat=36.6",),
        (DomainError,),
    ),
    "services.intake.viewing:place": Parser(
        lambda text: viewing.place(text, "due"), _PAGE[1:], (DomainError,)
    ),
    "services.intake.whereabouts:PlaceNames.where": Parser(
        lambda text: PlaceNames().where(text, text),
        ("清潭街12号", "东风小区二十号楼"),
    ),
    "services.notifier.channels.spelling:parse": Parser(
        lambda text: spelling.parse(text, {"https"}),
        (
            "https://hooks.example.cn:8443/a?b=c",
            "https://[::ffff:10.0.0.1]/",
            "https://xn--fiq228c.cn/",
        ),
        (spelling.SpellingError,),
    ),
    "services.notifier.ending:parse_id": Parser(ending.parse_id, (IDENT,), (DomainError,)),
    "services.notifier.legacy:_after": Parser(_legacy_cursor, _PAGE[1:], (DomainError,)),
    "services.notifier.viewing:_queue_cursor": Parser(
        _queue_cursor, (*_PAGE, f"99999999999~{IDENT}"), (DomainError,)
    ),
    "services.notifier.rates.period:Period.of": Parser(
        _period,
        ("2026-11-01/2026-11-22", *(f"{at}/{at}" for at in _TIMES)),
        (DomainError,),
    ),
    "services.notifier.rates.period:Period.week": Parser(
        _week, ("2026-W47", "9999-W52", "0001-W01"), (DomainError,)
    ),
    "services.notifier.replies.grammar:understand": Parser(
        grammar.understand, ("签收 CFG34K", "退回 CFG34K 市政所")
    ),
    "services.notifier.worktime.limits:duration": Parser(
        limits.duration, ("15m", "1wd", "none"), (limits.LimitError,)
    ),
    "services.notifier.worktime.limits:moment": Parser(
        limits.moment, ("80%", "due+1wd", "start+1h"), (limits.LimitError,)
    ),
    "services.notifier.worktime.limits:share_of": Parser(
        limits.share_of, ("80%",), (limits.LimitError,)
    ),
}
"""Module and name to how it is tried; `of …` stands where one of them reads several kinds."""
