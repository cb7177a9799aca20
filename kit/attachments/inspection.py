"""What came is looked at before it is kept: its kind by content, decoded in full, metadata taken apart. Pure.

The only place where Pillow runs; unpacking takes memory, so callers let one at a time.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from PIL import Image

from kit.attachments.media import EXTENSIONS, picture_format, recording, wiped
from kit.attachments.stripping import UPRIGHT, stripped
from kit.city_time import CITY_TIME
from kit.errors import DomainError
from kit.validation import wrong_field

MAX_PIXELS: Final[Mapping[str, int]] = {
    "JPEG": 40_000_000,
    "PNG": 24_000_000,
    "WEBP": 12_000_000,
}
"""More than a phone's camera gives by itself. Measured at these sizes the worst files take 260, 205 and
210 MB while they are unpacked, whatever the file's own size."""
MAX_SIDE: Final = 16_384
_ORIENTATION: Final = 0x0112
_EXIF: Final = 0x8769
_TAKEN_AT: Final = 0x9003
_OFFSET: Final = 0x9011
_GPS: Final = 0x8825
_TURNED: Final = (5, 6, 7, 8)
"""Orientations that lay a picture on its side."""
_SIXTY: Final = 60
_POLE: Final = 90.0
"""Degrees of latitude; twice as many of longitude."""
_BROKEN: Final = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
    ArithmeticError, struct.error, zlib.error,
)  # fmt: skip
"""What decoders raise on files made to break them."""
_BOMB: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file fit to be kept: without metadata, which stands beside it."""

    body: bytes
    content_type: str
    width: int | None = None
    height: int | None = None
    """Pixels as it is shown, so after turning it."""
    lon: float | None = None
    lat: float | None = None
    """Where the camera says it was, degrees; usually WGS-84."""
    taken_at: datetime | None = None
    """When, by the camera's clock; one without an offset is read as city time."""


def inspect(body: bytes) -> Inspected:
    """Look at a file. Raises DomainError 422 with the list of what is taken, or what is wrong with it."""
    form = picture_format(body)
    if form is not None:
        return _picture(body, form)
    content_type = recording(body)
    if content_type is None:
        raise _not_taken()
    return Inspected(wiped(body, content_type), content_type)


def _picture(body: bytes, form: str) -> Inspected:
    try:
        with Image.open(io.BytesIO(body), formats=(form,)) as image:
            _check_size(image, form)
            exif = _exif(image)
        orientation: int = exif.get(_ORIENTATION, UPRIGHT)
        if orientation not in range(1, 9):
            orientation = UPRIGHT
        clean = stripped(body, form, orientation)
        width, height = _decoded(clean, form)
    except _BOMB:
        raise _too_many_pixels(form) from None
    except _BROKEN:
        raise _damaged() from None
    if orientation in _TURNED:
        width, height = height, width
    lon, lat = _place(exif)
    content_type = f"image/{form.lower()}"
    return Inspected(clean, content_type, width, height, lon, lat, _taken_at(exif))


def _check_size(image: Image.Image, form: str) -> None:
    """Before anything is unpacked: the header alone was read."""
    width, height = image.size
    if width * height > MAX_PIXELS[form] or max(width, height) > MAX_SIDE:
        raise _too_many_pixels(form)
    if form == "WEBP" and getattr(image, "is_animated", False):
        raise _not_taken()


def _decoded(body: bytes, form: str) -> tuple[int, int]:
    """Unpack every pixel of what will be kept; a JPEG at an eighth of its size, which reads all of it too."""
    with Image.open(io.BytesIO(body), formats=(form,)) as image:
        size = image.size
        if form == "JPEG":
            image.draft(image.mode, (size[0] // 8, size[1] // 8))
        image.load()
        return size


def _exif(image: Image.Image) -> dict[int, Any]:
    """The tags of the picture, of its EXIF and of its GPS block; none from a block that is broken."""
    try:
        found = image.getexif()
        tags = dict(found) | found.get_ifd(_EXIF)
        return tags | {_GPS: found.get_ifd(_GPS)}
    except _BROKEN:
        return {}


def _place(exif: dict[int, Any]) -> tuple[float | None, float | None]:
    gps: Any = exif.get(_GPS)
    try:
        lat = _degrees(gps[2], gps[1], "S")
        lon = _degrees(gps[4], gps[3], "W")
    except _BROKEN:
        return None, None
    # Also refuses what is no number; (0, 0) is what cameras write that do not know.
    sure = abs(lat) <= _POLE and abs(lon) <= 2 * _POLE and (lat, lon) != (0, 0)
    return (lon, lat) if sure else (None, None)


def _degrees(parts: Any, side: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    found = degrees + minutes / _SIXTY + seconds / _SIXTY / _SIXTY
    return round(-found if str(side).startswith(negative) else found, 7)


def _taken_at(exif: dict[int, Any]) -> datetime | None:
    try:
        at = datetime.strptime(str(exif[_TAKEN_AT]).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - below
        if _OFFSET in exif:
            return datetime.fromisoformat(f"{at.isoformat()}{str(exif[_OFFSET]).strip()}")
        return at.replace(tzinfo=CITY_TIME)
    except _BROKEN:
        return None


def _not_taken() -> DomainError:
    return wrong_field(
        "body",
        zh="不收这种文件；可以传 JPEG、PNG、WebP 图片，PDF，MP4、MOV、3GP 视频，M4A、AMR 录音"
        "（HEIC 照片请先存为 JPEG）",
        en="is of no kind that is taken, or not whole: send JPEG, PNG or WebP, PDF, MP4, MOV or 3GP, M4A or"
        " AMR (save HEIC photos as JPEG)",
        accepted=list(EXTENSIONS),
    )


def _too_many_pixels(form: str) -> DomainError:
    most = MAX_PIXELS[form]
    return wrong_field(
        "body",
        zh=f"图片过大：{form} 最多 {most // 10_000} 万像素、每边 {MAX_SIDE}，请缩小后再传",
        en=f"has too many pixels: a {form} at most {most // 1_000_000} megapixels, {MAX_SIDE} a side",
    )


def _damaged() -> DomainError:
    return wrong_field(
        "body",
        zh="图片损坏或不完整，请重新拍摄或重新上传",
        en="is a broken or incomplete picture; take or send it again",
    )
