"""The engine on a tiny real network: sizes, seeds, candidates, masks, references, batching, cancelling, memory."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import pyvips
import torch

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.engine import DiffusionEngine, backed, latent_mask, words
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.local import profile_of
from cavendish.engines.presets import PRESETS, relief
from cavendish.errors import Cancelled, EngineFailed, EngineUnavailable, OutOfMemory
from cavendish.finish import FinishSpec, finish
from cavendish.imaging.raster import view, wrap
from cavendish.types import ImageRequest, Mask, OutputSpec, Picture, Reference, ReferenceRole, Size, TextLayer
from engines.diffusers import tiny

SIZE = Size(64, 64)


def ignore(step, total, preview=None, index=0):
    pass


def ask(**changes):
    return ImageRequest(**({"prompt": "a red mug", "size": SIZE, "seed": 5} | changes))


def picture(seed, size=SIZE, role=ReferenceRole.OBJECT):
    pixels = wrap(np.random.default_rng(seed).integers(0, 255, (size.height, size.width, 3), dtype=np.uint8))
    return Reference(data=bytes([seed + 1]), role=role, pixels=pixels)


@pytest.fixture
def engine(klein):
    made = DiffusionEngine(profile_of(klein.facts, "tiny"), klein, max_batch=4)
    yield made
    made.close()


def test_same_seed_same_pixels_and_candidates_count_up(engine):
    three = list(engine.generate(ask(count=3), ignore))
    assert [p.seed for p in three] == [5, 6, 7]
    alone = [next(iter(engine.generate(ask(seed=s), ignore))) for s in (5, 6, 7)]
    for together, single in zip(three, alone, strict=True):
        difference = np.abs(view(together.pixels).astype(int) - view(single.pixels))
        assert difference.max() <= 1  # batched matmuls may round otherwise; a level of 255 is the tolerance
    assert view(three[0].pixels).tobytes() != view(three[1].pixels).tobytes()


def test_calls_join_a_batch_at_the_next_step_and_draw_what_they_draw_alone(engine, klein, monkeypatch):
    alone = {s: next(iter(engine.generate(ask(seed=s, steps=6), ignore))) for s in range(4)}
    batches = []
    inner = klein.velocity
    monkeypatch.setattr(klein, "velocity", lambda x, s, a, c: batches.append(sorted(set(s.tolist()))) or inner(x, s, a, c))
    entered, results = threading.Event(), {}

    def first_step(step, total, preview=None, index=0):
        entered.set()

    def draw(seed, on_step):
        results[seed] = next(iter(engine.generate(ask(seed=seed, steps=6), on_step)))

    threads = [threading.Thread(target=draw, args=(0, first_step))]
    threads[0].start()
    entered.wait(10)
    threads += [threading.Thread(target=draw, args=(s, ignore)) for s in (1, 2, 3)]
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(30)
    for seed, made in results.items():
        assert np.abs(view(made.pixels).astype(int) - view(alone[seed].pixels)).max() <= 1
    assert any(len(levels) > 1 for levels in batches)  # pictures at different noise levels in one step
    assert len(batches) < 4 * 6


def test_edits_with_references_batch_too(engine, klein, monkeypatch):
    requests = [ask(seed=s, references=(picture(s, role=ReferenceRole.BASE),), count=2) for s in (1, 2)]
    sizes = []
    inner = klein.velocity
    monkeypatch.setattr(klein, "velocity", lambda x, s, a, c: sizes.append(len(x)) or inner(x, s, a, c))
    threads = [threading.Thread(target=lambda r=r: list(engine.generate(r, ignore))) for r in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(sizes) > 2


def test_outside_the_mask_nothing_moves(engine):
    base = picture(3, Size(100, 72), ReferenceRole.BASE)
    marks = np.zeros((72, 100, 1), dtype=np.uint8)
    marks[20:50, 30:70] = 255
    request = ask(size=Size(100, 72), references=(base,), mask=Mask(data=b"m", feather_px=4, pixels=wrap(marks)))
    made = view(next(iter(engine.generate(request, ignore))).pixels)
    before, outside = view(base.pixels), marks[..., 0] == 0
    assert (made[outside] == before[outside]).all()
    assert (made[35, 50] != before[35, 50]).any()


def test_the_latent_mask_covers_every_marked_pixel():
    marks = np.zeros((100, 100, 1), dtype=np.uint8)
    marks[99, 0] = 1
    assert latent_mask(wrap(marks), Size(64, 64), 16).reshape(4, 4).tolist() == [[0] * 4, [0] * 4, [0] * 4, [1, 0, 0, 0]]


@pytest.mark.parametrize(("asked", "drawn"), [(Size(1024, 1024), Size(1024, 1024)), (Size(1376, 768), Size(1376, 768)),
                                              (Size(3072, 384), Size(3072, 384)), (Size(50, 70), Size(48, 64))])
def test_sizes_are_drawn_at_the_nearest_legal_one(klein, asked, drawn):
    from cavendish.engines.diffusers.tensors import legal_size
    assert legal_size(asked, klein.facts.native_pixels, 16) == drawn
    large = legal_size(Size(4096, 4096), klein.facts.native_pixels, 16)
    assert large.pixels <= klein.facts.native_pixels < (large.width + 16) * (large.height + 16)


def test_more_references_than_it_reads_are_tiled_and_said(engine, monkeypatch):
    monkeypatch.setattr("cavendish.engines.diffusers.klein.REFERENCE_PIXELS", 128 * 128)
    request = ask(references=tuple(picture(n) for n in range(9)))
    made = next(iter(engine.generate(request, ignore)))
    assert made.note == "This model reads 4 pictures at once, so images 4, 5, 6, 7, 8, 9 were put on one numbered sheet."


def test_cancelling_between_steps_stops_the_device(engine, klein, monkeypatch):
    steps = []
    inner = klein.velocity
    monkeypatch.setattr(klein, "velocity", lambda x, s, a, c: steps.append(1) or inner(x, s, a, c))

    def stop(step, total, preview=None, index=0):
        raise Cancelled("the caller went away")

    with pytest.raises(Cancelled):
        list(engine.generate(ask(steps=100), stop))
    list(engine.generate(ask(), ignore))  # the device is free for the next one
    assert len(steps) < 60


def test_previews_come_as_asked(engine):
    seen = []
    list(engine.generate(ask(steps=8, partial_images=2, size=Size(128, 128)),
                         lambda step, total, preview=None, index=0: seen.append((step, preview and preview.size))))
    assert [s for s, size in seen if size] == [3, 5]
    assert {size for _, size in seen if size} == {Size(64, 64)}
    assert [s for s, _ in seen] == list(range(1, 9))


def no_memory(*args, **more):
    raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("part", ["condition", "velocity", "decode"])
def test_out_of_memory_is_an_error_that_names_what_fits_and_the_server_lives_on(klein_pipe, monkeypatch, part):
    family = Klein(klein_pipe, weights("klein-4b"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)
    made = DiffusionEngine(profile_of(family.facts, "tiny"), family, relief=relief(family.facts, PRESETS[1]))
    try:
        with monkeypatch.context() as patch:
            patch.setattr(family, part, no_memory)
            with pytest.raises(OutOfMemory, match="ran out of memory") as raised:
                list(made.generate(ask(), ignore))
        assert "CAVENDISH_PRESET=24gb-fp8, which needs about 6 GB of GPU memory instead of 18" in raised.value.hint
        assert list(made.generate(ask(), ignore))
    finally:
        made.close()
        klein_pipe.vae.disable_tiling()


@pytest.mark.parametrize("part", ["condition", "decode"])
def test_without_memory_it_is_tried_once_more_with_tiles_and_without_the_cache(engine, klein, klein_pipe, monkeypatch, part):
    list(engine.generate(ask(), ignore))
    klein_pipe.vae.disable_tiling()
    inner, tried = getattr(klein, part), []

    def only_in_tiles(*args):
        tried.append(klein_pipe.vae.use_tiling)
        return inner(*args) if klein_pipe.vae.use_tiling and klein._cache.nbytes == 0 else no_memory()

    monkeypatch.setattr(klein, part, only_in_tiles)
    try:
        assert list(engine.generate(ask(), ignore))
    finally:
        klein_pipe.vae.disable_tiling()
    assert tried == [False, True]


def test_a_preview_that_does_not_fit_is_left_out(engine, klein, monkeypatch):
    inner, seen = klein.decode, []
    monkeypatch.setattr(klein, "decode", lambda latents, size: inner(latents, size) if size == SIZE else no_memory())
    request = ask(steps=4, partial_images=1)
    made = list(engine.generate(replace(request, size=SIZE), lambda step, total, preview=None, index=0: seen.append(preview)))
    assert len(made) == 1
    assert seen == [None] * 4


def test_a_batch_that_does_not_fit_is_halved(engine, klein, monkeypatch):
    inner = klein.velocity

    def small_only(latents, sigmas, after, conditions):
        if len(latents) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inner(latents, sigmas, after, conditions)

    monkeypatch.setattr(klein, "velocity", small_only)
    assert len(list(engine.generate(ask(count=4), ignore))) == 4


def test_the_device_goes_on_while_a_picture_is_finished(engine, klein, monkeypatch):
    """Whoever encodes a picture holds nobody up: the device draws the rest and another call meanwhile."""
    pictures = engine.generate(ask(count=3), ignore)
    decoded, three = [], threading.Event()
    inner = klein.decode

    def counted(latents, size):
        made = inner(latents, size)
        decoded.append(size)
        if len(decoded) == 4:
            three.set()
        return made

    monkeypatch.setattr(klein, "decode", counted)
    first = next(pictures)  # and now its caller is busy with it
    assert list(engine.generate(ask(seed=50), ignore))
    assert three.wait(30)
    assert [first.seed, *(p.seed for p in pictures)] == [5, 6, 7]


def test_words_and_references_of_a_repeat_never_reach_the_encoders(engine, klein, monkeypatch):
    request = ask(references=(picture(1), picture(2)))
    list(engine.generate(request, ignore))
    for part in (klein._encoder.model, klein._vae.encoder):
        monkeypatch.setattr(part, "forward", lambda *a, **k: pytest.fail("encoded again"))
    before = klein._cache.hits
    assert list(engine.generate(replace(request, seed=6), ignore))
    assert klein._cache.hits == before + 3


def test_people_go_before_batch_work_between_steps(engine, klein, monkeypatch):
    inner, order, under_way = klein.velocity, [], threading.Event()

    def step(latents, sigmas, after, conditions):
        order.append(conditions[0].size)
        under_way.set()
        return inner(latents, sigmas, after, conditions)

    monkeypatch.setattr(klein, "velocity", step)
    slow = threading.Thread(target=lambda: list(engine.generate(ask(steps=60, urgent=False), ignore)))
    slow.start()
    assert under_way.wait(30)
    list(engine.generate(ask(size=Size(64, 48)), ignore))
    at = order.index(Size(64, 48))
    slow.join(60)
    assert order[at:at + 4] == [Size(64, 48)] * 4  # nothing of the batch in between
    assert len(order) == 64


def test_a_defect_fails_its_own_call_only(engine, klein, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(klein, "decode", lambda *a: {}["missing"])
        with pytest.raises(EngineFailed, match="KeyError"):
            list(engine.generate(ask(), ignore))
    assert list(engine.generate(ask(), ignore))


def test_a_closed_engine_says_so(klein):
    engine = DiffusionEngine(profile_of(klein.facts, "tiny"), klein)
    engine.close()
    with pytest.raises(EngineUnavailable):
        list(engine.generate(ask(), ignore))


def test_deep_output_gets_the_networks_own_float_pixels(engine):
    deep = next(iter(engine.generate(ask(output=OutputSpec(bit_depth=16)), ignore))).pixels
    assert deep.depth == 32
    file = finish(Picture(seed=5, pixels=deep), 0, FinishSpec(request=ask(output=OutputSpec(bit_depth=16)),
                                                              engine=engine.profile, request_digest="d"))
    written = pyvips.Image.new_from_buffer(file.asset.data, "").numpy()
    assert written.dtype == np.uint16
    assert (written % 257 != 0).any()  # more than 8 bits are in it


def test_a_soft_mask_mixes_and_a_deep_base_keeps_its_bits(engine):
    rows = np.random.default_rng(9).integers(0, 65_535, (64, 64, 3), dtype=np.uint16)
    base = Reference(data=b"deep", role=ReferenceRole.BASE, pixels=wrap(rows))
    soft = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 64, axis=0)
    hard = np.where(soft > 0, 255, 0).astype(np.uint8)
    made = [view(next(iter(engine.generate(ask(references=(base,), mask=Mask(data=b"m", pixels=wrap(m))), ignore))).pixels)
            for m in (soft, hard)]
    assert made[0].dtype == np.uint16
    assert (made[0][:, 0] == rows[:, 0]).all()
    weight = soft[0, 32, 0] / 255
    expected = rows[:, 32] * (1 - weight) + made[1][:, 32] * weight
    assert np.abs(made[0][:, 32] - expected).max() <= 1


def test_alpha_stays_where_it_was_asked_for_or_used():
    clear = torch.zeros(8, 8, 4)
    noisy = torch.full((8, 8, 4), 0.98)
    assert backed(clear, "transparent").shape[-1] == 4
    assert backed(clear, "auto").shape[-1] == 4
    assert backed(clear, "opaque").tolist() == torch.ones(8, 8, 3).tolist()  # white
    assert backed(noisy, "auto").shape[-1] == 3
    assert backed(noisy, "transparent").shape[-1] == 4
    assert backed(noisy[..., :3], "transparent").shape[-1] == 3


def test_words_carry_exact_texts_and_history():
    request = replace(ask(), history=("a mug",), system="Be plain.", text_layers=(TextLayer(text="Hot"),))
    assert words(request) == 'Be plain.\na mug\na red mug\nwith the headline text "Hot"'
    edit = replace(request, references=(picture(1, role=ReferenceRole.BASE),))
    assert "a mug\n" not in words(edit).replace("red ", "")[:12]
