"""Finish: exact pixels, one encoding, and none where the engine brought the file that was asked."""

import base64
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from cavendish import finish as stage
from cavendish.engines.fake import FAKE
from cavendish.finish import FinishSpec, Provenance, finish, mark_id
from cavendish.imaging import codec, intake
from cavendish.imaging.raster import view, with_channels, wrap
from cavendish.trust import certificates, receipt
from cavendish.trust.credentials import Credentials, manifests_in
from cavendish.trust.credentials_read import CredentialReader
from cavendish.trust.labels import read_labels
from cavendish.trust.watermark import Marked, same_picture
from cavendish.types import Asset, ImageRequest, Mask, OutputSpec, Picture, Pixels, Reference, ReferenceRole, Size

SIZE = Size(40, 30)


def _file(mime: str = "image/png", size: Size = SIZE) -> Asset:
    data = bytes(range(256)) * (size.pixels * 3 // 256 + 1)
    pixels = Pixels(width=size.width, height=size.height, channels=3, data=data[:size.pixels * 3])
    return codec.encode(pixels, OutputSpec(mime=mime))


def _spec(**output) -> FinishSpec:
    request = ImageRequest(prompt="a dog", size=SIZE, seed=7, output=OutputSpec(**output))
    return FinishSpec(request=request, engine=FAKE, request_digest="d" * 32)


def test_a_file_as_asked_is_labelled_and_never_decoded(monkeypatch):
    file = _file()
    monkeypatch.setattr(stage.intake, "open_picture", lambda *_: pytest.fail("decoded"))
    monkeypatch.setattr(stage.codec, "encode", lambda *_: pytest.fail("encoded"))
    asset = finish(Picture(seed=7, file=file), 0, _spec()).asset
    assert read_labels(asset.data)["seed"] == "7"
    monkeypatch.undo()
    assert intake.open_picture(asset.data) == intake.open_picture(file.data)


@pytest.mark.parametrize(("file", "output"), [
    (_file("image/jpeg"), {}), (_file(size=Size(80, 60)), {}), (_file(), {"bit_depth": 16}), (_file(), {"background": "opaque"})])
def test_any_other_file_becomes_what_was_asked(file, output):
    asset = finish(Picture(seed=7, file=file), 0, _spec(**output)).asset
    assert (asset.mime, intake.probe(asset.data)) == ("image/png", SIZE)


def test_a_picture_has_pixels_or_a_file_exactly_when_it_stopped_well():
    for wrong in ({}, {"file": _file(), "finish_reason": "no_image"}):
        with pytest.raises(ValueError, match="exactly when"):
            Picture(seed=1, **wrong)


@dataclass
class Stamp:
    """A watermark for tests: adds one level to every sample inside the region, and says whether that can be read."""

    readable: bool = True
    name: str = "stamp"
    alg: str = "org.example.stamp"
    bits: int = 48
    seen: list = field(default_factory=list)

    def embed(self, pixels: Pixels, mark_id: int, region=None) -> Marked:
        rows = view(pixels).copy()
        where = np.ones(rows.shape[:2], bool) if region is None else region
        rows[where] ^= 1
        self.seen.append((mark_id, int(where.sum())))
        return Marked(wrap(rows), 1.0, self.readable)

    def detect(self, pixels: Pixels):
        raise NotImplementedError


def _drawn(seed: int = 7, **more: object) -> Picture:
    rows = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    return Picture(seed=seed, pixels=wrap(rows), **more)


def _marking(spec: FinishSpec, marker: Stamp, **more: object) -> FinishSpec:
    return replace(spec, provenance=Provenance(watermarker=marker, mark_key=b"k" * 32, **more))


def _rows(asset: Asset) -> np.ndarray:
    return view(with_channels(intake.open_picture(asset.data), 3))


def test_the_mark_id_depends_on_request_engine_seed_and_index_alone():
    spec = _spec()
    first = mark_id(b"key", spec, 7, 0, 48)
    assert first == mark_id(b"key", spec, 7, 0, 48)
    assert first < 2**48
    others = {mark_id(b"yek", spec, 7, 0, 48), mark_id(b"key", spec, 8, 0, 48), mark_id(b"key", spec, 7, 1, 48),
              mark_id(b"key", replace(spec, request_digest="e"), 7, 0, 48),
              mark_id(b"key", replace(spec, engine=replace(FAKE, revision="2")), 7, 0, 48)}
    assert len(others | {first}) == 6


def test_the_mark_is_in_the_pixels_that_leave_and_that_are_recorded():
    marker, picture = Stamp(), _drawn(state=b"scene")
    done = finish(picture, 0, _marking(_spec(), marker))
    assert np.array_equal(_rows(done.asset), view(picture.pixels) ^ 1)
    assert done.mark_id == marker.seen[0][0]
    assert done.pixel_digest == intake.open_picture(done.asset.data).digest()
    assert same_picture(done.fingerprint, intake.open_picture(done.asset.data))


def test_a_mark_that_cannot_be_read_is_not_put_in():
    picture = _drawn()
    done = finish(picture, 0, _marking(_spec(), Stamp(readable=False)))
    assert np.array_equal(_rows(done.asset), view(picture.pixels))
    assert (done.mark_id, done.fingerprint) == (None, b"")


def test_an_engine_that_marks_its_pictures_is_left_alone():
    marker, file = Stamp(), _file()
    spec = _marking(replace(_spec(), engine=replace(FAKE, marks="SynthID")), marker)
    assert finish(Picture(seed=7, file=file), 0, spec).mark_id is None
    assert marker.seen == []
    assert finish(Picture(seed=7, file=file), 0, _marking(_spec(), marker)).mark_id is not None  # any other file gets a mark


def _masked(spec: FinishSpec, mark: str = "", feather: int = 0) -> tuple[FinishSpec, np.ndarray, Pixels]:
    base = wrap(np.random.default_rng(3).integers(0, 256, (30, 40, 3), dtype=np.uint8))
    inside = np.zeros((30, 40), bool)
    inside[5:20, 8:30] = True
    reference = Reference(data=b"base", role=ReferenceRole.BASE, pixels=base)
    mask = Mask(data=b"mask", feather_px=feather, watermark=mark, pixels=wrap(inside.astype(np.uint8) * np.uint8(255)))
    return replace(spec, request=replace(spec.request, references=(reference,), mask=mask)), inside, base


@pytest.mark.parametrize(("mark", "default", "px"), [("", "inside", 15 * 22), ("skip", "inside", 0), ("inside", "skip", 15 * 22),
                                                     ("", "skip", 0)])
@pytest.mark.parametrize("feather", [0, 3])
def test_outside_the_mask_every_pixel_is_the_bases(mark, default, px, feather):
    spec, inside, base = _masked(_spec(), mark, feather)
    marker = Stamp()
    done = finish(_drawn(), 0, _marking(spec, marker, masked=default))
    assert np.array_equal(_rows(done.asset)[~inside], view(base)[~inside])
    assert sum(count for _, count in marker.seen) == px
    assert receipt.check(done.receipt, base, intake.open_picture(done.asset.data)).holds


def test_the_file_that_an_engine_sent_is_held_to_the_mask_too():
    spec, inside, base = _masked(_spec())
    done = finish(Picture(seed=7, file=_file()), 0, spec)
    assert np.array_equal(_rows(done.asset)[~inside], view(base)[~inside])


def test_a_lossy_or_flattened_file_does_not_claim_to_hold_the_pixels():
    for output, exact in (({}, True), ({"mime": "image/tiff"}, True), ({"mime": "image/jpeg"}, False), ({"bit_depth": 16}, True)):
        spec, *_ = _masked(_spec(**output))
        assert finish(_drawn(), 0, spec).receipt.exact is exact


def test_a_receipt_needs_the_base_and_the_result_to_lie_on_each_other():
    spec, *_ = _masked(_spec())
    larger = replace(spec, request=replace(spec.request, size=Size(80, 60)))
    assert finish(_drawn(), 0, larger).receipt is None


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials(certificates.make(tmp_path_factory.mktemp("finish") / "c"))


def test_credentials_name_the_mark_that_is_in_the_pixels(credentials: Credentials):
    done = finish(_drawn(), 0, _marking(_spec(), Stamp(), credentials=credentials))
    report = CredentialReader(credentials.chain.root).read(done.asset.data)
    assert report.soft_binding == f"org.example.stamp:{base64.b64encode(done.mark_id.to_bytes(6, 'big')).decode()}"
    assert read_labels(done.asset.data)["seed"] == "7"
    assert done.manifest in done.asset.data


def test_credentials_of_a_file_that_an_engine_sent_are_not_lost(credentials: Credentials):
    first = finish(_drawn(), 0, replace(_spec(), provenance=Provenance(credentials=credentials))).asset
    passed = finish(Picture(seed=7, file=first), 0, replace(_spec(), provenance=Provenance(credentials=credentials)))
    report = CredentialReader(credentials.chain.root).read(passed.asset.data)
    assert report.actions == ("c2pa.opened", "org.cavendish.generated", "c2pa.edited.metadata")
    assert manifests_in(passed.manifest) == 2


@pytest.mark.parametrize("parent", [False, True])
def test_a_largest_file_size_counts_labels_and_credentials(parent: bool, credentials: Credentials):
    spec = replace(_spec(mime="image/jpeg", quality=95), provenance=Provenance(credentials=credentials))
    if parent:
        base = finish(_drawn(), 0, spec).asset.data
        spec = replace(spec, request=replace(spec.request, references=(Reference(data=base, role=ReferenceRole.BASE),)))
    whole = len(finish(_drawn(), 0, spec).asset.data)
    limit = whole - 300
    spec = replace(spec, request=replace(spec.request, output=replace(spec.output, max_bytes=limit)))
    assert len(finish(_drawn(), 0, spec).asset.data) <= limit
