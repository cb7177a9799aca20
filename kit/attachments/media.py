"""Which kinds of file are taken, told by content alone, and metadata of recordings wiped. Pure.

A name or a header says nothing. A file must be of its kind from the first byte to the last: boxes of a
video and frames of a recording have to fill it exactly, so that nothing else hides behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

EXTENSIONS: Final[Mapping[str, str]] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "audio/mp4": "m4a",
    "audio/amr": "amr",
    "audio/amr-wb": "awb",
}
"""Everything that is taken, with the ending of the name it is handed out under."""

_PICTURES: Final = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))
_BRANDS: Final[Mapping[bytes, str]] = {
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"3gp4": "video/3gpp", b"3gp5": "video/3gpp", b"3gp6": "video/3gpp", b"3g2a": "video/3gpp",
    b"isom": "video/mp4", b"iso2": "video/mp4", b"iso4": "video/mp4", b"iso5": "video/mp4",
    b"iso6": "video/mp4", b"mp41": "video/mp4", b"mp42": "video/mp4", b"avc1": "video/mp4",
    b"M4V ": "video/mp4", b"MSNV": "video/mp4",
}  # fmt: skip
"""Major brands of ISO/IEC 14496-12 that phones write."""
_FRAMES: Final[Mapping[bytes, tuple[str, tuple[int, ...]]]] = {
    b"#!AMR\n": ("audio/amr", (13, 14, 16, 18, 20, 21, 27, 32, 6)),
    b"#!AMR-WB\n": ("audio/amr-wb", (18, 24, 33, 37, 41, 47, 51, 59, 61, 6)),
}
"""Octets of a frame with its header, by frame type (RFC 4867 section 5); 14 and 15 are the header alone."""
_EMPTY_FRAMES: Final = (14, 15)
_WIPED: Final = frozenset({b"udta", b"meta", b"uuid"})
"""Where phones write place, owner and device."""
_PARENTS: Final = (b"moov", b"trak")
"""The movie, and in it its tracks: no deeper, however deep somebody nests boxes."""
_PDF_TAIL: Final = 2_048
_BOX: Final = 8
_LONG_BOX: Final = 16


class Box(NamedTuple):
    """A piece of a video: its kind and where it, its content and its end are."""

    kind: bytes
    begin: int
    inside: int
    end: int


def picture_format(body: bytes) -> str | None:
    """The picture format a body begins as: JPEG, PNG or WEBP."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WEBP"
    return next((name for magic, name in _PICTURES if body.startswith(magic)), None)


def recording(body: bytes) -> str | None:
    """The content type of a document, video or recording; None when it is none that is taken, or not whole."""
    if body.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "application/pdf" if b"%%EOF" in body[-_PDF_TAIL:] else None
    if body[4:8] == b"ftyp":
        return _BRANDS.get(body[8:12]) if _is_whole_video(body) else None
    for magic, (content_type, sizes) in _FRAMES.items():
        if body.startswith(magic) and _frames_fill(body, len(magic), sizes):
            return content_type
    return None


def wiped(body: bytes, content_type: str) -> bytes:
    """A recording without the boxes that say where and by whom it was made; others come back as they are."""
    if not content_type.endswith(("/mp4", "/quicktime", "/3gpp")):
        return body
    clean = bytearray(body)
    for box in _every_box(body, 0, len(body), _PARENTS):
        if box.kind in _WIPED:
            clean[box.begin + 4 : box.begin + 8] = b"free"
            clean[box.inside : box.end] = bytes(box.end - box.inside)
    return bytes(clean)


def _is_whole_video(body: bytes) -> bool:
    try:
        kinds = {box.kind for box in _boxes(body, 0, len(body))}
    except ValueError:
        return False
    return {b"moov", b"mdat"} <= kinds


def _every_box(body: bytes, begin: int, end: int, parents: tuple[bytes, ...]) -> Iterator[Box]:
    for box in _boxes(body, begin, end):
        yield box
        if parents and box.kind == parents[0]:
            try:
                yield from _every_box(body, box.inside, box.end, parents[1:])
            except ValueError:  # what cannot be read cannot be wiped in part
                yield Box(b"udta", box.begin, box.inside, box.end)


def _boxes(body: bytes, begin: int, end: int) -> Iterator[Box]:
    """Boxes that fill a stretch exactly. Raises ValueError where they do not."""
    while begin < end:
        size, head = int.from_bytes(body[begin : begin + 4], "big"), _BOX
        if size == 1:
            size, head = int.from_bytes(body[begin + 8 : begin + 16], "big"), _LONG_BOX
        elif size == 0:
            size = end - begin
        if size < head or begin + size > end:
            raise ValueError("boxes do not fill the file")
        yield Box(body[begin + 4 : begin + 8], begin, begin + head, begin + size)
        begin += size


def _frames_fill(body: bytes, at: int, sizes: tuple[int, ...]) -> bool:
    frames = 0
    while at < len(body):
        kind = body[at] >> 3 & 15
        if kind < len(sizes):
            at += sizes[kind]
        elif kind in _EMPTY_FRAMES:
            at += 1
        else:
            return False
        frames += 1
    return at == len(body) and frames > 0
