"""What is taken as an attachment, by content alone, and what is left of its metadata."""

from __future__ import annotations

import io
import itertools
import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kit.attachments.inspection import MAX_PIXELS, inspect
from kit.attachments.media import EXTENSIONS
from kit.attachments.stripping import stripped
from kit.errors import DomainError
from tests.support import pictures
from tests.support.pictures import LAT, LON, MAKER, TAKEN, box, photo, pixels, video

FORMS = pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def refusal(body: bytes) -> DomainError:
    with pytest.raises(DomainError) as refused:
        inspect(body)
    assert refused.value.kind == 422
    return refused.value


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (photo("JPEG"), "image/jpeg"),
        (photo("PNG"), "image/png"),
        (photo("WEBP"), "image/webp"),
        (pictures.document(), "application/pdf"),
        (video(b"isom"), "video/mp4"),
        (video(b"qt  "), "video/quicktime"),
        (video(b"3gp4"), "video/3gpp"),
        (video(b"M4A "), "audio/mp4"),
        (pictures.speech(), "audio/amr"),
        (b"#!AMR-WB\n\x7c\x7c\x04" + bytes(17), "audio/amr-wb"),
    ],
)
def test_a_kind_is_told_by_content(body: bytes, content_type: str) -> None:
    assert inspect(body).content_type == content_type
    assert content_type in EXTENSIONS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 4096,
        HTML,
        SVG,
        b"GIF89a" + bytes(64),
        b"PK\x03\x04" + bytes(64),
        b"MZ" + bytes(64),
        HTML + pictures.document(),
        pictures.document()[:-8],
        b"#!AMR\n" + HTML,
        pictures.speech() + HTML,
        pictures.speech()[:-1],
        video(b"heic"),
        video(b"avif"),
        video() + HTML,
        video()[:-1],
        box(b"ftyp", b"isom" + bytes(4)),
        box(b"ftyp", b"isom" + bytes(4)) + b"\0\0\0\0moov",
    ],
)
def test_anything_else_is_refused_with_the_list_of_what_is_taken(body: bytes) -> None:
    refused = refusal(body)
    assert refused.extra["accepted"] == list(EXTENSIONS)
    assert "HEIC" in refused.zh
    assert "HEIC" in refused.en


@FORMS
def test_a_picture_keeps_every_pixel_and_its_orientation_and_loses_the_rest(form: str) -> None:
    given_ = photo(form) + HTML
    found = inspect(given_)
    assert pixels(found.body) == pixels(given_)
    with Image.open(io.BytesIO(found.body)) as kept:
        assert dict(kept.getexif()) == {0x0112: 6}
    for gone in (b"<script", MAKER.encode(), b"2026:03:02"):
        assert gone in given_ or form == "WEBP"
        assert gone not in found.body


@FORMS
def test_place_and_time_stand_beside_the_picture(form: str) -> None:
    found = inspect(photo(form))
    assert (found.lon, found.lat) == (LON, LAT)
    assert found.taken_at is not None
    assert found.taken_at.isoformat() == TAKEN
    assert (found.width, found.height) == (48, 64), "as it is shown: turned"


@pytest.mark.parametrize(
    ("gps", "place"),
    [
        ({1: "S", 2: (36.5, 0.0, 0.0), 3: "W", 4: (117.0, 0.0, 0.0)}, (-117.0, -36.5)),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, (None, None)),
        ({1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (117.0, 0.0, 0.0)}, (None, None)),
        ({1: "N", 2: (36.0, 0.0), 3: "E", 4: (117.0, 0.0, 0.0)}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_place_that_cannot_be_is_none(
    gps: dict[int, object], place: tuple[float | None, float | None]
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(gps)
    found = inspect(photo(found=exif))
    assert (found.lon, found.lat) == place
    assert found.taken_at is None


@FORMS
def test_a_cut_picture_is_refused(form: str) -> None:
    whole = photo(form, (200, 150))
    for length in (5, 40, len(whole) // 3, len(whole) // 2, len(whole) - 30):
        refusal(whole[:length])
    assert "损坏" in refusal(whole[: len(whole) // 2]).zh


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (6_000, 4_001), (20_000, 1)])
def test_a_picture_too_large_to_unpack_is_refused_by_its_header(width: int, height: int) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    refused = refusal(pictures.png_bomb(width, height))
    assert time.perf_counter() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
    assert f"{MAX_PIXELS['PNG'] // 10_000} 万" in refused.zh


def test_a_picture_whose_parts_are_whole_but_hold_too_little_is_refused() -> None:
    assert "损坏" in refusal(pictures.png_bomb(400, 400)).zh


def test_a_progressive_picture_with_colour_profile_and_adobe_marker_is_kept_whole() -> None:
    image = pictures.noise("CMYK", (90, 70))
    out = io.BytesIO()
    image.save(out, "JPEG", progressive=True, icc_profile=b"profile" * 20_000, comment=HTML)
    found = inspect(out.getvalue())
    assert pixels(found.body) == pixels(out.getvalue())
    assert b"<script" not in found.body
    with Image.open(io.BytesIO(found.body)) as kept:
        assert kept.info["icc_profile"] == b"profile" * 20_000
        assert kept.info["progressive"]


def test_a_script_in_a_comment_or_a_chunk_of_a_picture_is_cut_out() -> None:
    jpeg = photo()
    comment = b"\xff\xfe" + struct.pack(">H", len(HTML) + 2) + HTML
    assert b"<script" not in inspect(jpeg[:2] + comment + jpeg[2:]).body
    png = photo("PNG")
    text = b"tEXt" + HTML
    chunk = struct.pack(">I", len(HTML)) + text + struct.pack(">I", zlib.crc32(text))
    assert b"<script" not in inspect(png[:33] + chunk + png[33:]).body


def test_of_a_phones_photo_with_a_second_picture_behind_it_the_first_is_kept() -> None:
    image, out = pictures.noise("RGB", (40, 30)), io.BytesIO()
    image.save(out, "MPO", save_all=True, append_images=[pictures.noise("RGB", (20, 10))])
    found = inspect(out.getvalue())
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 40, 30)
    with Image.open(io.BytesIO(found.body)) as kept:
        assert (kept.format, kept.size) == ("JPEG", (40, 30))
    assert len(found.body) < len(out.getvalue())


def test_an_animation_is_no_picture() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    assert refusal(out.getvalue()).extra["accepted"]


@pytest.mark.parametrize("brand", [b"isom", b"qt  ", b"3gp4", b"M4A "])
def test_a_recording_no_longer_says_where_it_was_made(brand: bytes) -> None:
    given_ = video(brand)
    found = inspect(given_)
    assert given_.count(b"+36.6751") == 2
    assert b"+36.6751" not in found.body
    assert len(found.body) == len(given_)
    assert b"frames" in found.body
    assert found.lon is None


def test_boxes_nested_without_end_are_no_trouble() -> None:
    deep = b"".join(struct.pack(">I", 8 * (20_000 - depth)) + b"moov" for depth in range(20_000))
    body = box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", b"x") + deep
    assert inspect(body).body == body


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow says so of EXIF it cannot read
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_a_damaged_picture_is_refused_or_kept_clean_and_never_breaks_the_service(
    form: str, data: st.DataObject
) -> None:
    body = bytearray(photo(form, (24, 16)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(3, len(body) - 1))
        body[at] = data.draw(st.integers(0, 255))
    try:
        found = inspect(bytes(body))
    except DomainError:
        return
    assert MAKER.encode() not in found.body
    assert found.content_type == f"image/{form.lower()}"


@given(st.binary(max_size=200))
def test_what_is_no_picture_is_told_so(tail: bytes) -> None:
    for start, form in ((b"\xff\xd8", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG")):
        with pytest.raises(ValueError, match=r"segment|chunk|end"):
            stripped(start + b"\0" + tail, form)


def test_two_recordings_cannot_be_glued_together() -> None:
    whole = [pictures.speech(), pictures.document(), video()]
    for one, other in itertools.permutations(whole, 2):
        if one is whole[1]:
            continue  # a document ends where its last %%EOF is
        refusal(one + other)
