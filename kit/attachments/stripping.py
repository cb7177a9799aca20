"""Pictures without anything but the picture: every pixel kept, EXIF, XMP, comments and trailers gone. Pure.

Nothing is encoded anew, so proof stays exactly as the camera took it. Of EXIF only the orientation is
written again. What follows the end of the picture (motion photos, archives, scripts) is cut off. Raises
ValueError for a file that is not put together as its format says.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

UPRIGHT: Final = 1
"""EXIF orientation of a picture to be shown as it is."""

_SOI: Final = b"\xff\xd8"
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_JPEG_KEPT: Final = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD})
"""Tables, frames and scans (ITU-T T.81 table B.1)."""
_JPEG_APP: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Application segments that say how colours are meant; a JFIF one with a thumbnail is not kept."""
_JFIF_PLAIN: Final = 18
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_KEPT: Final = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"bKGD", b"pHYs", b"cICP",
})  # fmt: skip
_PNG_HEAD: Final = 8
_WEBP_KEPT: Final = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"})
_WEBP_EXIF: Final = 0x08
_WEBP_XMP: Final = 0x04
_RIFF_HEAD: Final = 12


def stripped(body: bytes, form: str, orientation: int = UPRIGHT) -> bytes:
    """The picture alone; `form` is JPEG, PNG or WEBP. Raises ValueError."""
    return _STRIPPERS[form](body, orientation)


def _tiff(orientation: int) -> bytes:
    """An EXIF block with the orientation and nothing else."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    return b"MM\0*\0\0\0\x08\0\x01" + entry + b"\0\0\0\0"


def _jpeg(body: bytes, orientation: int) -> bytes:
    kept = [_SOI]
    if orientation != UPRIGHT:
        exif = b"Exif\0\0" + _tiff(orientation)
        kept.append(b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif)
    kept += _jpeg_pieces(body)
    return b"".join(kept)


def _jpeg_pieces(body: bytes) -> Iterator[bytes]:
    at = len(_SOI)
    while True:
        while body[at : at + 2] == b"\xff\xff":
            at += 1
        marker = body[at + 1] if body[at : at + 1] == b"\xff" and at + 1 < len(body) else 0
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        end = at + 2 + int.from_bytes(body[at + 2 : at + 4], "big")
        if marker < min(_JPEG_KEPT) or end < at + 4 or end > len(body):
            raise ValueError("no segment where one must be")
        if _keeps_jpeg(marker, body[at:end]):
            yield body[at:end]
        if marker == _SOS:
            after = _NEXT_MARKER.search(body, end)
            if after is None:
                raise ValueError("the picture does not end")
            yield body[end : after.start()]
            end = after.start()
        at = end


def _keeps_jpeg(marker: int, segment: bytes) -> bool:
    if marker in _JPEG_KEPT:
        return True
    name = _JPEG_APP.get(marker)
    if name is None or not segment[4:].startswith(name):
        return False
    return name != _JPEG_APP[0xE0] or len(segment) == _JFIF_PLAIN


def _png(body: bytes, orientation: int) -> bytes:
    kept = [body[:_PNG_HEAD]]
    at, kind = _PNG_HEAD, b""
    while kind != b"IEND":
        size = int.from_bytes(body[at : at + 4], "big")
        kind, end = body[at + 4 : at + 8], at + 12 + size
        if end > len(body):
            raise ValueError("a chunk is longer than the file")
        if kind in _PNG_KEPT:
            kept.append(body[at:end])
        if kind == b"IHDR" and orientation != UPRIGHT:
            exif = b"eXIf" + _tiff(orientation)
            length, crc = len(exif) - 4, zlib.crc32(exif)
            kept.append(length.to_bytes(4, "big") + exif + crc.to_bytes(4, "big"))
        at = end
    return b"".join(kept)


def _webp(body: bytes, orientation: int) -> bytes:
    end = 8 + int.from_bytes(body[4:8], "little")
    if end > len(body):
        raise ValueError("shorter than it says")
    kept, at = [], _RIFF_HEAD
    while at + 8 <= end:
        kind, size = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        after = at + 8 + size + size % 2
        if after > end + 1:
            raise ValueError("a chunk is longer than the file")
        chunk = bytearray(body[at:after])
        if kind == b"VP8X":
            chunk[8] &= ~(_WEBP_EXIF | _WEBP_XMP)
            chunk[8] |= _WEBP_EXIF if orientation != UPRIGHT else 0
        if kind in _WEBP_KEPT:
            kept.append(bytes(chunk))
        at = after
    if orientation != UPRIGHT:
        exif = _tiff(orientation)
        kept.append(b"EXIF" + len(exif).to_bytes(4, "little") + exif)
    content = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(content).to_bytes(4, "little") + content


_STRIPPERS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
}
