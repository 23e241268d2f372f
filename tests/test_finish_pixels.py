"""Finish, the pixels' side: a network where a picture must grow, an engine's floats down to the file, and the byte cap of it all."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import pyvips

from cavendish.app import build
from cavendish.engines.base import EngineProfile
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import Cancelled, ConfigError, InvalidValue, Unsupported
from cavendish.finish import FinishSpec, finish
from cavendish.imaging.raster import view, wrap
from cavendish.settings import Settings
from cavendish.trust.labels import read_labels
from cavendish.types import ImageRequest, OutputSpec, Picture, Pixels, Size
from cavendish.work.run import Stop

COMP = EngineProfile(**{f: getattr(FAKE, f) for f in FAKE.__slots__} | {"id": "comp", "tuning": frozenset()})


@dataclass
class Repeat:
    """A network that repeats pixels, so that its work can be told from Lanczos'."""

    scale: int = 2
    calls: int = 0
    on_call: list = field(default_factory=list)

    def __call__(self, tile):
        self.calls += 1
        for told in self.on_call:
            told()
        return tile.repeat(self.scale, axis=0).repeat(self.scale, axis=1)


@dataclass
class Small(FakeEngine):
    """Draws noise at half of what was asked, as an engine that cannot draw 4K."""

    def generate(self, request, on_step):
        size, seed = request.complete()
        rows = np.random.default_rng(seed).integers(0, 256, (size.height // 2, size.width // 2, 3)).astype(np.uint8)
        yield Picture(seed=seed, pixels=wrap(rows))


SIZE = Size(80, 60)


def _spec(size=SIZE, **output):
    request = ImageRequest(prompt="a dog", size=size, seed=7, output=OutputSpec(**output))
    return FinishSpec(request=request, engine=FAKE, request_digest="d" * 32)


def _noise(width, height, dtype=np.uint8):
    rng = np.random.default_rng(5)
    return wrap(rng.random((height, width, 3), dtype=np.float32) if dtype == np.float32
                else rng.integers(0, np.iinfo(dtype).max + 1, (height, width, 3)).astype(dtype))


def _read(asset) -> np.ndarray:
    return pyvips.Image.new_from_buffer(asset.data, "").numpy()


def test_a_picture_that_is_too_small_grows_by_the_network():
    small = _noise(40, 30)
    made = finish(Picture(seed=7, pixels=small), 0, replace(_spec(), upscaler=Repeat())).asset
    assert np.array_equal(_read(made), view(small).repeat(2, axis=0).repeat(2, axis=1))


def test_one_that_is_large_enough_never_meets_it():
    net = Repeat()
    finish(Picture(seed=7, pixels=_noise(80, 60)), 0, replace(_spec(), upscaler=net))
    finish(Picture(seed=7, pixels=_noise(90, 70)), 0, replace(_spec(), upscaler=net))
    assert net.calls == 0


@pytest.mark.parametrize("mime", ["image/png", "image/tiff"])
def test_an_engines_floats_reach_sixteen_bits_unrounded(mime):
    floats = _noise(80, 60, np.float32)
    made = finish(Picture(seed=7, pixels=floats), 0, _spec(mime=mime, bit_depth=16)).asset
    assert np.array_equal(_read(made), np.rint(view(floats) * np.float32(65_535)).astype(np.uint16))


def test_an_engines_floats_reach_eight_bits_by_one_dither():
    flat = wrap(np.full((60, 80, 3), 100.4 / 255, np.float32))
    rows = _read(finish(Picture(seed=7, pixels=flat), 0, _spec()).asset)
    assert set(np.unique(rows)) == {100, 101}
    assert abs(rows.mean() - 100.4) < 0.03


@pytest.mark.parametrize("mime", ["image/jpeg", "image/webp", "image/avif"])
def test_the_cap_holds_for_the_labelled_file(mime):
    made = finish(Picture(seed=7, pixels=_noise(400, 300)), 0, _spec(Size(400, 300), mime=mime, max_bytes=60_000)).asset
    assert len(made.data) <= 60_000
    assert read_labels(made.data)["seed"] == "7"


def test_a_cap_under_every_quality_is_refused():
    with pytest.raises(InvalidValue, match="the smallest file has"):
        finish(Picture(seed=7, pixels=_noise(400, 300)), 0, _spec(Size(400, 300), mime="image/jpeg", max_bytes=7_000))


def test_a_format_that_cannot_be_written_is_refused_before_anything_is_drawn(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    engine = Small(profile=COMP)
    engine.generate = lambda *_: pytest.fail("drawn")
    with build(Settings(data=tmp_path, watermark=False, credentials="off"), {"comp": engine}) as app, pytest.raises(Unsupported):
        app.service.generate(ImageRequest(prompt="a dog", model="comp", output=OutputSpec(mime="image/jxl")), Stop(60))


def test_a_stopped_run_stops_between_tiles(tmp_path: Path):
    stop, net = Stop(60), Repeat()
    net.on_call.append(stop.cancel)
    with build(Settings(data=tmp_path, watermark=False, credentials="off"), {"comp": Small(profile=COMP)}) as app:
        service = replace(app.service, upscaler=net)
        with pytest.raises(Cancelled):
            service.generate(ImageRequest(prompt="a dog", model="comp", size=Size(1024, 1024)), stop)
    assert net.calls == 1


def test_a_wrong_upscaler_is_said_when_the_server_starts(tmp_path: Path):
    with pytest.raises(ConfigError, match="does not exist"), build(Settings(data=tmp_path, upscaler=str(tmp_path / "x.safetensors"))):
        pass


def test_pixels_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="do not make"):
        Pixels(width=1, height=1, channels=3, data=bytes(12), depth=24)
