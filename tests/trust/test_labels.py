"""Labels: written into the file without touching a pixel, read back by us and by Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from cavendish.imaging import codec
from cavendish.imaging.raster import wrap
from cavendish.trust import labels
from cavendish.types import Asset, OutputSpec, Size

FACTS = labels.LabelFacts(engine_name="Comp & <co>", engine_id="comp", revision="3", seed=7, source_type=labels.ALGORITHMIC,
                          request_digest="ab" * 16, credit="Fluent Emoji, \"MIT\"")
LABELLED = ("image/png", "image/jpeg", "image/webp")


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
    packet = image.info["xmp"]
    assert labels.ALGORITHMIC.encode() in packet


def test_lossless_webp_with_alpha_keeps_its_alpha():
    rows = np.random.default_rng(2).integers(0, 256, (20, 31, 4), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rows).save(out, "WEBP", lossless=True, exact=True)
    asset = Asset(data=out.getvalue(), mime="image/webp", size=Size(31, 20))
    assert np.array_equal(np.asarray(_pillow(labels.label(asset, FACTS).data)), rows)


def test_avif_passes_unlabelled():
    asset = _asset("image/avif")
    assert labels.label(asset, FACTS) == asset
    assert labels.read_labels(asset.data) == {}


@pytest.mark.parametrize("data", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"RIFF"])
def test_files_without_a_label_say_nothing(data):
    assert labels.read_labels(data) == {}


def test_a_label_cut_off_is_no_error():
    whole = labels.label(_asset("image/png"), FACTS).data
    assert all(isinstance(labels.read_labels(whole[:n]), dict) for n in range(0, 400, 7))


def test_control_characters_cannot_break_the_packet():
    from dataclasses import replace
    odd = replace(FACTS, credit="a\0b\ud800</photoshop:Credit>")
    assert labels.read_labels(labels.label(_asset("image/jpeg"), odd).data)["credit"] == "ab</photoshop:Credit>"


def test_the_source_type_tells_trained_from_ruled_and_new_from_edited():
    kinds = {labels.source_type(t, e) for t in (True, False) for e in (True, False)}
    assert kinds == {labels.TRAINED, labels.ALGORITHMIC, labels.EDITED, labels.EDITED_BY_TRAINED}
