"""Pictures and recordings made for tests, with what a phone writes into them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Final

from PIL import Image

MAKER: Final = "SecretPhone-9"
LON: Final = 117.0003472
LAT: Final = 36.6751389
TAKEN: Final = "2026-03-02T09:00:00+08:00"


def exif(orientation: int = 6) -> Image.Exif:
    """Place, time, maker and orientation as a phone in the city writes them."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = MAKER
    found.get_ifd(0x8825).update({1: "N", 2: (36.0, 40.0, 30.5), 3: "E", 4: (117.0, 0.0, 1.25)})
    found.get_ifd(0x8769).update({0x9003: "2026:03:02 09:00:00", 0x9011: "+08:00"})
    return found


def noise(mode: str, size: tuple[int, int]) -> Image.Image:
    """A picture of noise, the same each time."""
    small = (max(1, size[0] // 2), max(1, size[1] // 2))
    dots = random.Random(7).randbytes(small[0] * small[1] * len(mode))  # noqa: S311 - no secret
    return Image.frombytes(mode, small, dots).resize(size)


def photo(
    form: str = "JPEG", size: tuple[int, int] = (64, 48), found: Image.Exif | None = None
) -> bytes:
    """A picture of noise, lying on its side."""
    image = noise("RGB", size)
    out = io.BytesIO()
    image.save(out, form, exif=exif() if found is None else found)
    return out.getvalue()


def pixels(body: bytes) -> bytes:
    """What is to be seen."""
    with Image.open(io.BytesIO(body)) as image:
        return image.tobytes()


def png_bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1 << 16))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def box(kind: bytes, content: bytes) -> bytes:
    """A box of an ISO media file."""
    return struct.pack(">I", len(content) + 8) + kind + content


def video(brand: bytes = b"isom", place: bytes = b"+36.6751+117.0003/") -> bytes:
    """A video that tells where it was filmed, as far as boxes go."""
    user = box(b"udta", box(b"\xa9xyz", place)) + box(b"trak", box(b"meta", place))
    moov = box(b"moov", box(b"mvhd", bytes(100)) + user)
    return box(b"ftyp", brand + bytes(4)) + box(b"mdat", b"frames") + moov


def speech(frames: int = 3) -> bytes:
    """An AMR recording of silence."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * frames


def document() -> bytes:
    """A PDF, as far as its first and last line go."""
    return b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
