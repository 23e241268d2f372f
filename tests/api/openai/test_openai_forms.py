"""Multipart bodies: names, files, limits, damage."""

import pytest

from api.openai import golden
from cavendish.api.openai import forms, pictures
from cavendish.errors import InvalidBody, InvalidValue
from cavendish.imaging import header

KIND = 'multipart/form-data; boundary="b"'


def form(*parts: tuple[str, bytes]) -> bytes:
    return b"".join(b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (h.encode(), d) for h, d in parts) + b"--b--\r\n"


def fields(*parts: tuple[str, bytes]) -> dict[str, object]:
    return forms.read(form(*parts), KIND).fields


def test_a_part_with_a_file_name_is_bytes_and_one_without_is_text() -> None:
    assert fields(('name="image"; filename="upload"', b"\xff\0"), ('name="prompt"', "ö".encode())) == {
        "image": b"\xff\0", "prompt": "ö"}


@pytest.mark.parametrize("name", ["image[]", "image[0]", "image"])
def test_repeated_names_make_a_list(name: str) -> None:
    assert fields((f'name="{name}"; filename="a"', b"1"), (f'name="{name}"; filename="b"', b"2")) == {"image": [b"1", b"2"]}


def test_brackets_nest() -> None:
    assert fields(('name="extra_body[google][image_size]"', b"4K")) == {"extra_body": {"google": {"image_size": "4K"}}}


def test_data_that_looks_like_a_boundary_stays_data() -> None:
    tricky = b"\r\n--bb\r\n--\r\n-" * 50
    assert fields(('name="image"; filename="a"', tricky)) == {"image": tricky}


def test_json_under_a_forms_type_is_json() -> None:
    assert forms.read(b'{"prompt": "x"}', "application/x-www-form-urlencoded").fields == {"prompt": "x"}


@pytest.mark.parametrize(("body", "kind"), [
    (b"{", "application/json"), (b"[]", "application/json"), (b"", "application/json"), (b"\xff", "application/json"),
    (form(('name="a"', b"1")), "multipart/form-data"),
    (form(('name="a"', b"1"))[:-8], KIND),
    (b"hello", KIND),
    (form(('name=""', b"1")), KIND),
    (form(('name="a"', b"\xff")), KIND),
    (form(('name="a"', b"1"), ('name="a[b]"', b"2")), KIND),
    (form(('name="' + "a[b]" * 9 + '"', b"1")), KIND),
    (form(*[('name="a"', b"1")] * 300), KIND),
], ids=["open brace", "array", "empty", "not utf-8", "no boundary", "cut", "no parts", "no name", "binary text",
        "value and object", "deep", "many parts"])
def test_a_damaged_body_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(InvalidBody) as caught:
        forms.read(body, kind)
    assert caught.value.hint


@pytest.mark.parametrize("url", ["http://h/a.png", "HTTPS://h/a.png"])
def test_addresses_are_noted_and_not_fetched_here(url: str) -> None:
    assert (pictures.from_url(url, "image").url, pictures.from_url(url, "image").data) == (url, b"")
    assert [r.url for r in pictures.references([{"image_url": url}, url])] == [url, url]
    assert pictures.mask({"image_url": {"url": url}}, "alpha", 0).url == url


@pytest.mark.parametrize("url", ["", "hello", "data:image/png;base64", "ftp://h/a.png", "data:image/png;base64,%%%"])
def test_what_is_no_picture_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue):
        pictures.from_url(url, "image")


def test_a_data_url_takes_both_alphabets_and_no_padding() -> None:
    for payload in ("-_8", "-_8=", "+/8", "+/8=", "+/8==", "+/\r\n8="):
        assert pictures.from_url("data:image/png;base64," + payload, "image").data == b"\xfb\xff"


def webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + rest + bytes(10)


@pytest.mark.parametrize(("data", "alpha"), [
    (golden.PNG, True), (golden.PNG[:25] + b"\x02" + golden.PNG[26:], False),
    (golden.PNG[:25] + b"\x03" + golden.PNG[26:33] + b"\0\0\0\x01tRNS\0\0\0\0\0" + golden.PNG[33:], True),
    (b"\xff\xd8\xff", False), (b"GIF89a", None), (b"", None), (golden.PNG[:20], None),
    (webp(b"VP8X", b"\x10"), True), (webp(b"VP8X", b"\0"), False), (webp(b"VP8 ", b""), False),
    (webp(b"VP8L", b"/\0\0\0\x10"), True), (webp(b"VP8L", b"/\0\0\0\0"), False),
])
def test_the_header_tells_transparency(data: bytes, alpha: bool | None) -> None:
    assert header.has_alpha(data) is alpha


def test_a_mask_without_alpha_says_what_to_do() -> None:
    opaque = golden.PNG[:25] + b"\x02" + golden.PNG[26:]
    with pytest.raises(InvalidValue, match="no alpha") as caught:
        pictures.mask(opaque, "alpha", 0)
    assert "mask_mode=luminance" in caught.value.hint
    assert not pictures.mask(opaque, "luminance", 0).alpha_marks_edit
