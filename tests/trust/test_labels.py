"""Labels: written into the file without touching a pixel, read back by us and by Pillow."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cavendish.imaging import codec
from cavendish.imaging.raster import wrap
from cavendish.trust import labels
from cavendish.types import Asset, OutputSpec, Size

FACTS = labels.LabelFacts(engine_name="Comp & <co>", engine_id="comp", revision="3", seed=7, source_type=labels.ALGORITHMIC,
                          request_digest="ab" * 16, credit="Fluent Emoji, \"MIT\"")
LABELLED = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/tiff")


def _asset(mime, channels=3):
    rows = np.random.default_rng(1).integers(0, 256, (37, 53, channels), dtype=np.uint8)
    return codec.encode(wrap(rows), OutputSpec(mime=mime, quality=80))


def _pillow(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("mime", LABELLED)
@pytest.mark.parametrize("channels", [3, 4])
def test_a_label_changes_no_pixel(mime, channels):
    asset = _asset(mime, channels)
    before, after = (_pillow(a.data) for a in (asset, labels.label(asset, FACTS)))
    assert before.mode == after.mode
    assert np.array_equal(np.asarray(before), np.asarray(after))


@pytest.mark.parametrize("mime", LABELLED)
def test_a_label_reads_back(mime):
    assert labels.read_labels(labels.label(_asset(mime), FACTS).data) == {
        "source_type": labels.ALGORITHMIC, "creator_tool": "Cavendish (Comp & <co>)", "credit": "Fluent Emoji, \"MIT\"",
        "engine": "comp", "revision": "3", "seed": "7", "request_digest": "ab" * 16}


@pytest.mark.parametrize("mime", LABELLED)
def test_pillow_finds_the_packet_where_the_format_keeps_it(mime):
    image = _pillow(labels.label(_asset(mime), FACTS).data)
    image.load()
    packet = image.tag_v2[700] if mime == "image/tiff" else image.info["xmp"]
    assert labels.ALGORITHMIC.encode() in packet


def test_lossless_webp_with_alpha_keeps_its_alpha():
    rows = np.random.default_rng(2).integers(0, 256, (20, 31, 4), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rows).save(out, "WEBP", lossless=True, exact=True)
    asset = Asset(data=out.getvalue(), mime="image/webp", size=Size(31, 20))
    assert np.array_equal(np.asarray(_pillow(labels.label(asset, FACTS).data)), rows)


def _plain_tiff(order: str) -> Asset:
    """Gray, one strip, no compression; the directory comes first and the samples last."""
    tags = ((256, 53), (257, 37), (258, 8), (259, 1), (262, 1), (273, 8 + 2 + 12 * 8 + 4), (278, 37), (279, 53 * 37))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    rows = np.random.default_rng(3).integers(0, 256, 53 * 37, dtype=np.uint8)
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags)
    return Asset(data=head + entries + bytes(4) + rows.tobytes(), mime="image/tiff", size=Size(53, 37))


@pytest.mark.parametrize("order", "<>")
def test_a_tiff_of_either_byte_order_is_labelled_once(order):
    asset = _plain_tiff(order)
    twice = labels.label(labels.label(asset, replace(FACTS, seed=1)), FACTS)
    image = _pillow(twice.data)
    assert np.array_equal(np.asarray(image), np.asarray(_pillow(asset.data)))
    assert labels.ALGORITHMIC.encode() in image.tag_v2[700]
    assert labels.read_labels(twice.data)["seed"] == "7"


def test_an_avif_of_another_writer_is_labelled_too():
    rows = np.random.default_rng(4).integers(0, 256, (37, 53, 4), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rows).save(out, "AVIF", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    asset = Asset(data=out.getvalue(), mime="image/avif", size=Size(53, 37))
    labelled = _pillow(labels.label(asset, FACTS).data)
    assert np.array_equal(np.asarray(labelled), np.asarray(_pillow(asset.data)))
    assert labels.ALGORITHMIC.encode() in labelled.info["xmp"]


@pytest.mark.parametrize("data", [b"\0\0\0\x1cftypavif" + bytes(16), b"\0\0\0\x1cftypavif" + bytes(16) + b"\0\0\0\x0cmeta\0\0\0\0"])
def test_an_avif_of_a_structure_that_is_not_known_stays_as_it_is(data):
    asset = Asset(data=data, mime="image/avif", size=Size(53, 37))
    assert labels.label(asset, FACTS) == asset
    assert labels.read_labels(data) == {}


@pytest.mark.parametrize("data", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"RIFF"])
def test_files_without_a_label_say_nothing(data):
    assert labels.read_labels(data) == {}


@pytest.mark.parametrize("mime", LABELLED)
def test_a_label_cut_off_or_damaged_is_no_error(mime):
    whole = labels.label(_asset(mime), FACTS).data
    assert all(isinstance(labels.read_labels(whole[:n]), dict) for n in range(0, 1200, 7))
    noise = np.random.default_rng(5)
    for _ in range(200):
        broken = bytearray(whole)
        for at in noise.integers(0, min(len(whole), 1200), 3):
            broken[at] = noise.integers(0, 256)
        assert isinstance(labels.read_labels(bytes(broken)), dict)


@pytest.mark.parametrize("mime", ["image/png", "image/webp", "image/tiff"])
def test_a_strangers_words_are_repeated_in_small_and_steer_no_terminal(mime):
    packet = labels.packet(FACTS).replace(b"x:xmpmeta", b"y" * 3_000_000, 1)
    assert labels.read_labels(labels._WRITERS[mime](_asset(mime), packet)) == {}  # what is named lies beyond the first MiB
    evil = labels.packet(FACTS).replace(b"Fluent Emoji", "\x1b[2J\x9b31m\u202e".encode() + b"x" * 9_000)
    credit = labels.read_labels(labels._WRITERS[mime](_asset(mime), evil))["credit"]
    assert len(credit) == 500
    assert credit.isprintable()


def test_control_characters_cannot_break_the_packet():
    odd = replace(FACTS, credit="a\0b\ud800</photoshop:Credit>")
    assert labels.read_labels(labels.label(_asset("image/jpeg"), odd).data)["credit"] == "ab</photoshop:Credit>"


def test_the_source_type_tells_trained_from_ruled_and_new_from_edited():
    kinds = {labels.source_type(t, e) for t in (True, False) for e in (True, False)}
    assert kinds == {labels.TRAINED, labels.ALGORITHMIC, labels.EDITED, labels.EDITED_BY_TRAINED}
