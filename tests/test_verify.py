"""Verify: three witnesses, one sentence. A real installation draws with the fake engine; files are then changed as people do."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cavendish.app import App, build
from cavendish.engines.base import EngineProfile
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import BadImage, ConfigError
from cavendish.imaging.raster import wrap
from cavendish.settings import Settings
from cavendish.types import Done, ImageRequest, Mask, OutputSpec, Pixels, Reference, ReferenceRole, Size
from cavendish.verify import ALTERED, CLAIMED, MADE_HERE, UNKNOWN, VOUCHED, Against
from cavendish.work.run import Stop

COMP = EngineProfile(**{f: getattr(FAKE, f) for f in FAKE.__slots__} | {"id": "comp", "tuning": frozenset()})
SIZE = Size(512, 512)


def scene(request: ImageRequest, seed: int) -> Pixels:
    """Soft shapes with some texture, by seed."""
    size, _ = request.complete()
    noise = np.random.default_rng(seed)
    rows = sum(cv2.resize(noise.normal(0, 255 / n, (n, n, 3)).astype(np.float32), (size.width, size.height),
                          interpolation=cv2.INTER_CUBIC) * n ** 0.5 / 3 for n in (4, 16, 64)) + 128
    return wrap(np.clip(rows, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory):
    with build(Settings(intake_workers=0, data=tmp_path_factory.mktemp("verify")), {"comp": FakeEngine(profile=COMP, draw=scene)}) as built:
        yield built


def _draw(app: App, **fields: object):
    request = ImageRequest(**({"prompt": "a dog", "model": "comp", "size": SIZE, "seed": 7} | fields))
    return app.service.generate(request, Stop(60)).candidates[0]


@pytest.fixture(scope="module")
def drawn(app: App) -> bytes:
    return _draw(app).asset.data


def _saved(data: bytes, kind: str, change=None, **options: object) -> bytes:
    """As an image program saves it: no credentials, no labels."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    out = io.BytesIO()
    Image.fromarray(np.asarray(change(image) if change else image)).save(out, kind, **options)
    return out.getvalue()


def test_the_file_itself_is_known(app: App, drawn: bytes):
    verdict = app.verifier.verify(drawn)
    assert verdict.status == MADE_HERE
    assert verdict.sentence.startswith("This installation made this very file: engine comp, seed 7, ")
    assert (verdict.credentials.state, verdict.watermark.alike) == ("trusted", True)
    assert verdict.record.request_digest == verdict.labels["request_digest"]
    assert app.service.manifests.get(verdict.record.manifest)


@pytest.mark.parametrize("change", [
    lambda d: _saved(d, "JPEG", quality=75), lambda d: _saved(d, "WEBP", quality=70),
    lambda d: _saved(d, "PNG", lambda i: i.crop((40, 40, 500, 500))), lambda d: _saved(d, "JPEG", lambda i: i.resize((425, 425)), quality=80)],
    ids=["jpeg", "webp", "cropped", "screenshot"])
def test_a_copy_without_any_metadata_is_known_by_its_watermark(app: App, drawn: bytes, change):
    verdict = app.verifier.verify(change(drawn))
    assert (verdict.status, verdict.credentials.state, verdict.labels) == (MADE_HERE, "none", {})
    assert verdict.record.seed == 7
    assert "known by its watermark" in verdict.sentence
    assert "credentials were removed" in verdict.sentence


def test_the_mark_alone_on_another_picture_proves_nothing(app: App, drawn: bytes):
    """The residual is carried over to a picture of other content: the id is ours, the picture is not."""
    plain = scene(ImageRequest(prompt="a", size=SIZE, seed=7), 7)
    other = scene(ImageRequest(prompt="a", size=SIZE, seed=8), 99)
    marked = np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB")).astype(np.int16)
    residual = marked - np.frombuffer(plain.data, np.uint8).reshape(marked.shape)
    forged = np.frombuffer(other.data, np.uint8).reshape(marked.shape) + 3 * residual
    out = io.BytesIO()
    Image.fromarray(np.clip(forged, 0, 255).astype(np.uint8)).save(out, "PNG")
    verdict = app.verifier.verify(out.getvalue())
    assert (verdict.status, verdict.watermark.issued, verdict.watermark.alike) == (ALTERED, True, False)
    assert "the mark was copied" in verdict.sentence


def test_another_installation_reads_the_credentials_and_not_the_mark(app: App, drawn: bytes, tmp_path: Path):
    with build(Settings(intake_workers=0, data=tmp_path), {}) as other:
        verdict = other.verifier.verify(drawn)
        assert (verdict.status, verdict.credentials.state, verdict.record) == (CLAIMED, "valid", None)
        assert verdict.watermark.answer != "present"
        assert "not trusted here" in verdict.sentence
        root = tmp_path / "root.pem"
        root.write_bytes(app.credentials.chain.root)
    with build(Settings(intake_workers=0, data=tmp_path, trust_list=str(root)), {}) as friend:
        assert friend.verifier.verify(drawn).status == VOUCHED


def test_a_file_changed_after_signing_is_told(app: App, tmp_path: Path):
    data = bytearray(_draw(app, seed=8).asset.data)
    data[-60] ^= 0xFF  # the picture data's end
    with build(Settings(intake_workers=0, data=tmp_path), {}) as other, pytest.raises(BadImage):
        other.verifier.verify(bytes(data))  # a PNG's checksum sees it first
    jpeg = _draw(app, seed=8, output=OutputSpec(mime="image/jpeg")).asset.data
    with build(Settings(intake_workers=0, data=tmp_path), {}) as other:
        verdict = other.verifier.verify(jpeg + b"\0")
        assert verdict.status == ALTERED
        assert "do not fit" in verdict.sentence


def test_a_label_alone_is_a_claim(app: App, tmp_path: Path):
    with build(Settings(intake_workers=0, data=tmp_path, credentials="off", watermark=False), {"comp": FakeEngine(profile=COMP, draw=scene)}) as plain:
        labelled = _draw(plain, seed=3).asset.data
    verdict = app.verifier.verify(labelled)
    assert (verdict.status, verdict.credentials.state, verdict.watermark.answer) == (CLAIMED, "none", "absent")
    assert "nothing proves the label" in verdict.sentence


def test_a_picture_that_says_nothing_is_unknown(app: App):
    out = io.BytesIO()
    noise = np.random.default_rng(5).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    verdict = app.verifier.verify(out.getvalue())
    assert (verdict.status, verdict.record, verdict.labels) == (UNKNOWN, None, {})


def test_what_is_no_picture_is_an_error(app: App):
    with pytest.raises(BadImage):
        app.verifier.verify(b"no picture")


def test_the_same_request_gives_the_same_pixels_and_the_same_mark(tmp_path: Path):
    files = []
    for _ in range(2):
        with build(Settings(intake_workers=0, data=tmp_path), {"comp": FakeEngine(profile=COMP, draw=scene)}) as fresh:
            files.append(_draw(fresh).asset.data)
            marks = {fresh.verifier.verify(f).watermark.mark_id for f in files}
    assert len(marks) == 1
    one, other = (np.asarray(Image.open(io.BytesIO(f))) for f in files)
    assert np.array_equal(one, other)


def test_the_verdict_is_plain_json(app: App, drawn: bytes):
    import json

    told = json.loads(json.dumps(app.verifier.verify(drawn).as_json()))
    assert told["record"]["engine"] == "comp"
    assert told["credentials"]["actions"] == ["c2pa.created", "c2pa.watermarked.bound"]


def _mask(box: tuple[int, int, int, int]) -> bytes:
    rows = np.zeros((SIZE.height, SIZE.width), np.uint8)
    rows[box[1]:box[3], box[0]:box[2]] = 255
    out = io.BytesIO()
    Image.fromarray(rows).save(out, "PNG")
    return out.getvalue()


BOX = (100, 120, 420, 400)


def _photo(seed: int) -> bytes:
    out = io.BytesIO()
    pixels = scene(ImageRequest(prompt="a", size=SIZE, seed=seed), seed)
    Image.fromarray(np.frombuffer(pixels.data, np.uint8).reshape(SIZE.height, SIZE.width, 3)).save(out, "PNG")
    return out.getvalue()


def _edit(app: App, base: bytes, *, mime: str = "image/png", **mask: object):
    return _draw(app, seed=21, size=None, references=(Reference(data=base, role=ReferenceRole.BASE),), output=OutputSpec(mime=mime),
                 mask=Mask(data=_mask(BOX), feather_px=8, **mask))


def _rows(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("watermark", ["", "inside", "skip"])
def test_outside_the_mask_nothing_moves_even_where_the_engine_moved_it(app: App, watermark: str):
    """The fake engine ignores masks: finish holds it to the rule, and the watermark stays inside."""
    base = _photo(30)
    candidate = _edit(app, base, watermark=watermark)
    moved = (_rows(candidate.asset.data) != _rows(base)).any(axis=2)
    inside = np.zeros_like(moved)
    inside[BOX[1]:BOX[3], BOX[0]:BOX[2]] = True
    assert moved[inside].mean() > 0.9
    assert not moved[~inside].any()
    verdict = app.verifier.verify(candidate.asset.data, Against(original=base))
    assert (verdict.receipt.holds, verdict.receipt.moved_px, verdict.status) == (True, 0, MADE_HERE)
    assert verdict.sentence.endswith("Outside the mask every pixel is the original's.")
    assert (verdict.watermark.answer == "present") == (watermark != "skip")
    assert verdict.credentials.actions[:2] == ("c2pa.opened", "c2pa.edited")


def test_a_receipt_finds_a_pixel_that_moved_and_another_original(app: App):
    base = _photo(31)
    candidate = _edit(app, base)
    rows = _rows(candidate.asset.data).copy()
    rows[3, 3, 0] ^= 1
    out = io.BytesIO()
    Image.fromarray(rows).save(out, "PNG")
    from cavendish.trust import receipt
    proof = receipt.parse(dict(candidate.receipt))
    verdict = app.verifier.verify(out.getvalue(), Against(original=base, receipt=proof))
    assert (verdict.receipt.holds, verdict.receipt.moved_px, verdict.receipt.worst, verdict.status) == (False, 1, 1, ALTERED)
    foreign = app.verifier.verify(candidate.asset.data, Against(original=_photo(32)))
    assert not foreign.receipt.holds
    assert "not the picture that was edited" in foreign.receipt.why
    assert not app.verifier.verify(out.getvalue(), Against(original=base)).receipt.holds  # the receipt went with the credentials


def test_a_lossy_edit_is_near_and_says_so(app: App):
    base = _photo(33)
    verdict = app.verifier.verify(_edit(app, base, mime="image/jpeg").asset.data, Against(original=base))
    assert (verdict.receipt.holds, verdict.status) == (True, MADE_HERE)
    assert 0 < verdict.receipt.worst < 64
    assert "lossy" in verdict.sentence


def test_a_trust_list_that_is_not_there_is_a_configuration_error(tmp_path: Path):
    with pytest.raises(ConfigError, match="trust list"), build(Settings(intake_workers=0, data=tmp_path, trust_list=str(tmp_path / "none")), {}):
        pass


def test_a_file_is_recorded_before_it_leaves(app: App):
    known = []

    def on_event(event: object) -> None:
        if isinstance(event, Done):
            record = app.rows.issued_file(event.candidate.asset.digest)
            known.append((record.mark_id is not None, app.service.manifests.get(record.manifest)[4:8]))

    app.service.generate(ImageRequest(prompt="a dog", model="comp", size=SIZE, seed=40, count=2), Stop(60), on_event)
    assert known == [(True, b"jumb")] * 2
