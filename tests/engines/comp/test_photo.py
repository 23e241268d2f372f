"""Edits of photographs: the words are read rightly, the pixels do what the words say, and nothing is claimed beyond that."""

import time

import cv2
import numpy as np
import pytest

from cavendish.engines.comp.photo import photograph, segment
from cavendish.engines.comp.photo.wording import read
from cavendish.imaging import mask as masks
from cavendish.imaging.raster import view, wrap
from cavendish.types import ImageRequest, Mask, Pixels, Reference, ReferenceRole, Size, TextLayer

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def _ramps(width=60, height=40):
    """Smooth colours between 30 and 220, no two corners alike."""
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    return wrap(np.stack([30 + 190 * x, 40 + 150 * y, 200 - 120 * x * y], axis=2).astype(np.uint8))


def _product(width=300, height=220):
    """A red cup with a handle on an uneven gray backdrop with sensor noise, and how much it covers each pixel."""
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
    drawn = np.zeros((height * 4, width * 4), np.uint8)
    cv2.ellipse(drawn, (width * 2, height * 2), (width, round(height * 1.2)), 0, 0, 360, 255, -1)
    cv2.circle(drawn, (width * 3, height * 2), height // 2, 255, 40)
    cover = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255
    backdrop = np.stack([200 - 25 * y + 10 * x, 195 - 25 * y, 185 - 22 * y], axis=2)
    cup = np.stack([180 - 30 * (x + y), 60 - 40 * y, 50 - 30 * y], axis=2)
    noise = np.random.default_rng(1).normal(size=cup.shape) * 2
    return wrap((backdrop * (1 - cover) + cup * cover + noise).clip(0, 255).astype(np.uint8)), cover[..., 0]


def _busy(width=320, height=240):
    """A yellow figure before a restless background."""
    rng = np.random.default_rng(3)
    rows = np.full((height, width, 3), (70, 120, 60), np.float32)
    for k in (4, 8, 16, 32):
        rows += cv2.resize(rng.normal(size=(k, k, 3)).astype(np.float32), (width, height)) * 25
    figure = np.zeros((height, width), np.uint8)
    cv2.ellipse(figure, (width // 2, height // 2 + 10), (60, 90), 0, 0, 360, 255, -1)
    rows = np.where(figure[..., None] > 0, np.float32((220, 170, 60)), rows.clip(0, 255))
    return wrap((rows + rng.normal(size=rows.shape) * 3).clip(0, 255).astype(np.uint8)), figure > 0


def _request(prompt, mask=None, feather=0, seed=1):
    if mask is None:
        return ImageRequest(prompt=prompt, seed=seed)
    return ImageRequest(prompt=prompt, seed=seed, references=(Reference(data=b"x", role=ReferenceRole.BASE),),
                        mask=Mask(data=b"x", feather_px=feather, pixels=mask))


def _edited(prompt, base=None, **options):
    outcome = photograph.edit(_request(prompt, **options), base or _ramps())
    assert outcome.pixels is not None, outcome.missed
    return view(outcome.pixels).astype(int)


def _box_mask(base, x=10, y=8, width=20, height=16):
    rows = np.zeros((base.height, base.width), np.uint8)
    rows[y:y + height, x:x + width] = 255
    return wrap(rows)


BASE = view(_ramps()).astype(int)

# words

WORDINGS = {
    "Make it 20 % brighter and a bit warmer, then crop to square.": ["brightness", "warmth", "crop"],
    "black and white please": ["monochrome"], "convert to B&W": ["monochrome"], "grayscale": ["monochrome"],
    "turn the photo upside down": ["flip"], "Could you please flip it horizontally?": ["flip"],
    "rotate 90 degrees clockwise": ["rotate"], "turn the picture 90° to the left": ["rotate"], "tilt it 5 degrees": ["rotate"],
    "crop 10% from top and bottom": ["crop"], "crop to 16:9": ["crop"], "crop to 800x600": ["crop"], "zoom in": ["crop"],
    "crop tighter": ["crop"], "cut off the left third": ["crop"], "upscale 2x": ["upscale"], "make it 4K": ["upscale"],
    "sepia tone": ["sepia"], "invert the colours": ["invert"], "add a vignette and film grain": ["vignette", "grain"],
    "darken the edges": ["vignette"], "more contrast, less saturation": ["contrast", "saturation"],
    "fix the white balance": ["enhance"], "enhance the lighting": ["enhance"], "sharpen it": ["sharpen"],
    "reduce noise": ["denoise"], "pixelate": ["pixelate"], "a light blue tint": ["tint"], "make the photo red": ["tint"],
    "make it a bit more blue": ["tint"], "remove the background": ["backdrop"], "isolate the product": ["backdrop"],
    "put it on a white background": ["backdrop"], "replace the background with #00ff80": ["backdrop"],
    "make the background transparent": ["backdrop"], "the picture is too dark": ["brightness"],
    "Mache das Bild etwas heller und schwarz-weiß": ["brightness", "monochrome"],
    "Haz la foto un poco más brillante": ["brightness"], "Rends la photo plus chaude": ["warmth"],
    "plus de contraste": ["contrast"], "Mach das Foto heller": ["brightness"],
    "Increase brightness, contrast and saturation": ["brightness", "contrast", "saturation"],
    "Convert this photo to a black and white, high contrast image": ["monochrome", "contrast"],
    "white background please": ["backdrop"], "make the background pure white": ["backdrop"],
    "Remove the background and replace it with blue": ["backdrop", "backdrop"], "soften the image": ["blur"],
    "make the colors pop": ["saturation"], "add some film grain for a retro look": ["grain", "sepia"],
    "make it 2x larger": ["upscale"], "Enhance this photo": ["enhance"], "blur out the background": ["blur"],
    'add a watermark "© me" bottom right': ["text"], "Write “Open now” in big red letters across the top": ["text"],
}


@pytest.mark.parametrize("prompt", WORDINGS)
def test_everyday_wordings_are_read(prompt):
    reading = read(prompt, masked=False)
    assert [s.kind for s in reading.steps] == WORDINGS[prompt]
    assert (reading.unread, reading.unmasked) == ((), ())


@pytest.mark.parametrize(("prompt", "amount"), [
    ("brighter", 0.25), ("slightly brighter", 0.125), ("much brighter", 0.45), ("brighten by 40 percent", 0.4),
    ("12.5% darker", -0.125), ("a little darker", -0.125), ("twice as bright", 1.0), ("half as bright", -0.5)])
def test_strengths_are_read(prompt, amount):
    assert read(prompt, masked=False).steps[0].amount == pytest.approx(amount)


@pytest.mark.parametrize(("prompt", "targets"), [
    ("blur and darken the background", ["background", "background"]),
    ("make the background slightly darker and blurry", ["background", "background"]),
    ("blur the background and make the picture warmer", ["background", "whole"]),
    ("brighten the subject", ["subject"]), ("brighter, then blur the background", ["whole", "background"])])
def test_targets_are_read_and_shared(prompt, targets):
    assert [s.target for s in read(prompt, masked=False).steps] == targets


@pytest.mark.parametrize("prompt", [
    "add a dog", "replace the background with a beach", "make the sky bluer", "make the car brighter",
    "rotate the car 90 degrees", "crop the dog", "make it look like a Van Gogh painting", "change the season to winter",
    "give her a red hat", "put sunglasses on the cat", "turn the background to blue sky with clouds"])
def test_what_needs_a_model_is_not_attempted(prompt):
    outcome = photograph.edit(_request(prompt), _ramps())
    assert outcome.pixels is None
    assert outcome.changes == ()
    assert "image model" in outcome.missed
    assert "crop" in outcome.missed


@pytest.mark.parametrize("prompt", ["remove the dog", "make the car red", "erase the person on the left"])
def test_what_needs_a_mask_asks_for_one(prompt):
    outcome = photograph.edit(_request(prompt), _ramps())
    assert outcome.pixels is None
    assert "needs a mask" in outcome.missed


@pytest.mark.parametrize("prompt", ["replace the dog with a cat", "add a red hat", "make the dog wear a red hat",
                                    "turn the dog into a cat"])
def test_a_mask_does_not_make_new_things_possible(prompt):
    outcome = photograph.edit(_request(prompt, mask=_box_mask(_ramps())), _ramps())
    assert outcome.pixels is None
    assert "image model" in outcome.missed


def test_words_that_ask_nothing_are_told_what_is_possible():
    outcome = photograph.edit(_request("please"), _ramps())
    assert outcome.pixels is None
    assert "no change that I know" in outcome.missed


def test_half_a_sentence_is_done_and_the_other_half_said():
    outcome = photograph.edit(_request("make it brighter and add a dragon"), _ramps())
    assert outcome.changes == ("brightness +25 %",)
    assert "“add a dragon”" in outcome.missed


def test_a_long_prompt_is_read_quickly():
    start = time.perf_counter()
    outcome = photograph.edit(_request("make the picture the picture " * 4000), _ramps())
    assert outcome.pixels is None
    assert time.perf_counter() - start < 3


# light and colour

def _light(rows):
    return (rows @ (0.2126, 0.7152, 0.0722)).mean()


@pytest.mark.parametrize(("prompt", "factor"), [("20% brighter", 1.2), ("30% darker", 0.7), ("slightly brighter", 1.125)])
def test_brightness_changes_the_mean_by_what_was_said(prompt, factor):
    assert _light(_edited(prompt)) / _light(BASE) == pytest.approx(factor, abs=0.01)


def test_contrast_spreads_and_gathers():
    assert _edited("more contrast").std() > BASE.std() * 1.1
    assert _edited("less contrast").std() < BASE.std() * 0.9


def test_saturation_spreads_the_channels():
    spread = [np.ptp(r, axis=2).mean() for r in (_edited("less saturated"), BASE, _edited("more vivid"))]
    assert spread[0] < spread[1] * 0.8
    assert spread[2] > spread[1] * 1.1


def test_warm_and_cool_move_red_against_blue():
    balance = [(r[..., 0] - r[..., 2]).mean() for r in (_edited("cooler"), BASE, _edited("warmer"))]
    assert balance[0] < balance[1] - 10
    assert balance[2] > balance[1] + 10


def test_black_and_white_is_gray():
    assert np.ptp(_edited("black and white"), axis=2).max() == 0


def test_sepia_is_brown_and_as_light():
    rows = _edited("sepia")
    assert (rows[..., 0] >= rows[..., 1]).all()
    assert (rows[..., 1] >= rows[..., 2]).all()
    assert abs(_light(rows) - _light(BASE)) < 8


def test_invert_is_the_negative():
    assert np.array_equal(_edited("invert the colors"), 255 - BASE)


def test_a_tint_pulls_towards_its_colour():
    rows = _edited("a blue tint")
    assert (rows[..., 2] - rows[..., 0]).mean() > (BASE[..., 2] - BASE[..., 0]).mean() + 15


def test_enhance_widens_a_flat_picture():
    flat = wrap((view(_ramps()) // 4 + 90).astype(np.uint8))
    assert _edited("enhance", flat).std() > view(flat).std() * 2


# texture

def _detail(rows):
    return cv2.Laplacian(rows.astype(np.float32), cv2.CV_32F).std()


@pytest.mark.parametrize(("prompt", "low", "high"), [("blur it", 0, 0.5), ("sharpen it", 1.2, 99), ("add film grain", 1.2, 99),
                                                     ("reduce noise", 0, 0.9)])
def test_texture_grows_or_shrinks(prompt, low, high):
    base, _ = _busy()
    assert low < _detail(_edited(prompt, base)) / _detail(view(base)) < high


def test_grain_follows_the_seed():
    first, again, other = (_edited("film grain", seed=s) for s in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_vignette_darkens_corners_not_the_middle():
    ratio = _edited("add a vignette") / BASE
    assert ratio[20, 30].min() > 0.97
    assert ratio[0, 0].max() < 0.6


# shape

@pytest.mark.parametrize(("prompt", "expected"), [
    ("crop to square", BASE[:, 10:50]), ("crop the left half", BASE[:, :30]), ("crop off the left half", BASE[:, 30:]),
    ("keep only the bottom half", BASE[20:]), ("trim the top quarter", BASE[10:]), ("crop 10% from the top", BASE[4:]),
    ("crop 25% from all sides", BASE[10:30, 15:45]), ("crop 10% off left and right", BASE[:, 6:54]),
    ("crop to 1:2", BASE[:, 20:40]), ("crop to 30x20", BASE[10:30, 15:45]), ("zoom in 2x", BASE[10:30, 15:45]),
    ("crop the right third", BASE[:, 40:]),
    ("flip horizontally", BASE[:, ::-1]), ("mirror it", BASE[:, ::-1]), ("flip vertically", BASE[::-1]),
    ("turn it upside down", BASE[::-1, ::-1]), ("rotate 180 degrees", BASE[::-1, ::-1]),
    ("rotate 90 degrees", np.rot90(BASE, -1)), ("rotate left", np.rot90(BASE)), ("rotate 90° counterclockwise", np.rot90(BASE)),
    ("rotate 270 degrees clockwise", np.rot90(BASE))])
def test_shape_changes_are_exact(prompt, expected):
    assert np.array_equal(_edited(prompt), expected)


def test_a_small_turn_leaves_no_empty_corner():
    rows = _edited("rotate 8 degrees clockwise", wrap(np.full((80, 120, 3), 200, np.uint8) + np.uint8(1)))
    assert rows.min() == 201


def test_a_turn_goes_clockwise():
    base = np.zeros((101, 101, 3), np.uint8)
    base[5:45, 48:53] = 255  # a hand at twelve
    turned = _edited("rotate 30 degrees clockwise", wrap(base))[..., 0]
    ys, xs = np.nonzero(turned > 128)
    width = turned.shape[1]
    assert xs.mean() > width / 2 + 5
    assert ys.mean() < width / 2 - 5


def test_enlarging_says_that_it_adds_no_detail():
    outcome = photograph.edit(_request("upscale 2x"), _ramps())
    assert outcome.pixels.size == Size(120, 80)
    assert "no new detail" in outcome.changes[0]


# subject and background

def test_a_plain_backdrop_is_cut_to_the_pixel_with_its_holes():
    base, cover = _product()
    alpha = _edited("remove the background", base)[..., 3] / 255
    assert np.abs(alpha - cover).mean() < 0.002
    assert np.abs(alpha - cover).max() < 0.25


def test_a_new_background_is_exactly_its_colour_and_leaves_no_fringe():
    base, cover = _product()
    rows = _edited("replace the background with #0000ff", base)
    assert (rows[cover == 0] == (0, 0, 255)).all()
    assert np.array_equal(rows[cover == 1], view(base)[cover == 1])
    assert rows[cover > 0][:, 1].max() < 125  # the old gray, 170 and more, is gone from the edge


def test_transparency_that_is_there_is_filled():
    rows = np.dstack([view(_ramps()), np.zeros((40, 60), np.uint8)])
    rows[10:20, 10:20, 3] = 255
    out = _edited("on a white background", wrap(rows))
    assert out.shape[2] == 3
    assert (out[0, 0] == WHITE).all()
    assert np.array_equal(out[12, 12], rows[12, 12, :3])


def test_a_busy_background_is_not_replaced_but_said():
    outcome = photograph.edit(_request("make the background white"), _busy()[0])
    assert outcome.pixels is None
    assert "not one plain colour" in outcome.missed


@pytest.mark.parametrize("scene", [_product, _busy])
def test_background_changes_leave_the_subject(scene):
    base, figure = scene()
    rows, before = _edited("black and white background", base), view(base).astype(int)
    inside = cv2.erode((figure > 0.99).astype(np.uint8), np.ones((9, 9))) > 0
    outside = cv2.dilate((figure > 0).astype(np.uint8), np.ones((9, 9))) == 0
    assert np.array_equal(rows[inside], before[inside])
    assert np.ptp(rows[outside], axis=1).mean() < 1


def test_a_blurred_background_does_not_take_the_subjects_colour():
    base, figure = _busy()
    ring = (cv2.dilate(figure.astype(np.uint8), np.ones((15, 15))) > 0) & (cv2.dilate(figure.astype(np.uint8), np.ones((5, 5))) == 0)
    rows = _edited("strongly blur the background", base)
    far = cv2.dilate(figure.astype(np.uint8), np.ones((61, 61))) == 0
    assert abs(rows[ring][:, 0].mean() - rows[far][:, 0].mean()) < 30  # the figure's red is 150 above


def test_nothing_stands_out_of_nothing():
    flat = wrap(np.random.default_rng(1).integers(100, 110, (90, 90, 3)).astype(np.uint8))
    assert segment.plain_backdrop(view(flat)) is None
    outcome = photograph.edit(_request("remove the background"), flat)
    assert outcome.pixels is None


# masks

@pytest.mark.parametrize("prompt", ["brighter", "blur the face", "remove the dog", "make the shirt blue", "black and white",
                                    "sharpen it and add film grain", "make the background white"])
@pytest.mark.parametrize("feather", [0, 5])
def test_under_a_mask_every_pixel_outside_stays(prompt, feather):
    base = _busy()[0]
    marks = _box_mask(base, 140, 90, 60, 50)
    outcome = photograph.edit(_request(prompt, mask=marks, feather=feather), base)
    assert masks.outside_digest(outcome.pixels, marks) == masks.outside_digest(base, marks)
    assert masks.bounds(masks.difference(base, outcome.pixels)) is not None


def test_removing_under_a_mask_takes_the_thing_away():
    rows = view(_ramps(200, 140)).copy()
    rows[60:80, 90:110] = (255, 0, 0)
    base, clean = wrap(rows), view(_ramps(200, 140)).astype(int)
    out = _edited("remove the red square and its shadow", base, mask=_box_mask(base, 86, 56, 28, 28))
    assert np.abs(out - clean).max() < 30


def test_recolouring_keeps_light_and_shade():
    base, _ = _product()
    marks = _box_mask(base, 110, 70, 60, 60)
    part = _edited("make the cup #2050d0", base, mask=marks)[70:130, 110:170]
    before = view(base)[70:130, 110:170].astype(int)
    assert part[..., 2].mean() > part[..., 0].mean() + 80
    assert np.corrcoef(part.sum(axis=2).ravel(), before.sum(axis=2).ravel())[0, 1] > 0.8


def test_the_shape_cannot_change_under_a_mask():
    outcome = photograph.edit(_request("rotate 90 degrees", mask=_box_mask(_ramps())), _ramps())
    assert outcome.pixels is None
    assert "without the mask" in outcome.missed


def test_a_mask_of_everything_leaves_nothing_to_fill_from():
    outcome = photograph.edit(_request("remove it", mask=wrap(np.full((40, 60), 255, np.uint8))), _ramps())
    assert outcome.pixels is None
    assert "whole picture" in outcome.missed


def test_an_unopened_mask_is_a_defect_of_the_caller():
    request = ImageRequest(prompt="brighter", references=(Reference(data=b"x", role=ReferenceRole.BASE),), mask=Mask(data=b"x"))
    with pytest.raises(ValueError, match="opened"):
        photograph.edit(request, _ramps())


# honesty

@pytest.mark.parametrize(("prompt", "color"), [("brighter", WHITE), ("darker", BLACK), ("black and white", (9, 9, 9)),
                                               ("blur it", (80, 90, 99)), ("flip horizontally", WHITE)])
def test_a_change_that_changes_nothing_is_no_edit(prompt, color):
    base = wrap(np.full((30, 30, 3), color, np.uint8))
    outcome = photograph.edit(_request(prompt), base)
    assert outcome.pixels is None
    assert "change nothing" in outcome.missed


def test_changes_that_cancel_are_no_edit():
    outcome = photograph.edit(_request("flip horizontally, then flip horizontally"), _ramps())
    assert outcome.pixels is None
    assert "cancel" in outcome.missed


def test_alpha_survives_light_and_turns():
    rows = np.dstack([view(_ramps()), np.full((40, 60), 128, np.uint8)])
    rows[0, 0, 3] = 7
    out = _edited("brighter and rotate 180 degrees", wrap(rows))
    assert out[-1, -1, 3] == 7


def test_sixteen_bit_and_gray_bases_are_taken():
    deep = wrap(view(_ramps()).astype(np.uint16) * 257)
    gray = Pixels(width=4, height=2, channels=1, data=bytes(range(60, 140, 10)))
    assert np.array_equal(_edited("invert colors", deep), 255 - BASE)
    assert _edited("invert colors", gray).shape == (2, 4, 3)


# words on the picture

def _written(prompt, **options):
    """Where the picture changed: (left, top, right, bottom) in fractions."""
    base = wrap(np.full((200, 300, 3), 120, np.uint8))
    marks = masks.bounds(masks.difference(base, photograph.edit(_request(prompt, **options), base).pixels))
    return marks.x / 300, marks.y / 200, (marks.x + marks.width) / 300, (marks.y + marks.height) / 200


@pytest.mark.parametrize(("prompt", "within"), [
    ("add the text “SALE” at the top", (0, 0, 1, 0.25)), ("write 'hello there' in the bottom left corner", (0, 0.75, 0.5, 1)),
    ("put “50 % OFF” in the middle", (0, 0.35, 1, 0.65)), ("add the caption “me” at the top right", (0.5, 0, 1, 0.25)),
    ("“just this”", (0, 0.75, 1, 1))])
def test_text_stands_where_it_was_said(prompt, within):
    left, top, right, bottom = _written(prompt)
    assert left >= within[0]
    assert top >= within[1]
    assert right <= within[2]
    assert bottom <= within[3]


def test_text_has_the_colour_that_was_said():
    rows = _edited("add the text “SALE” at the top in #ff00aa", wrap(np.full((200, 300, 3), 120, np.uint8)))
    assert (rows == (255, 0, 170)).all(axis=2).sum() > 200


def test_text_reads_on_light_and_dark():
    for level, ink in ((250, 5), (5, 255)):
        rows = _edited("add “HELLO”", wrap(np.full((200, 300, 3), level, np.uint8)))
        assert (rows == ink).all(axis=2).sum() > 200


def test_big_text_is_bigger():
    heights = [bottom - top for _, top, _, bottom in (_written(f"add {size} text “Hi”") for size in ("small", "", "huge"))]
    assert heights[0] < heights[1] * 0.8
    assert heights[1] < heights[2] * 0.7


def test_text_follows_the_other_changes():
    outcome = photograph.edit(_request("make it black and white, then add the text “NOIR” in red"), _ramps(300, 200))
    assert outcome.changes == ("black and white", "wrote “NOIR”")
    assert np.ptp(view(outcome.pixels).astype(int), axis=2).max() > 150


def test_a_text_layer_is_written_into_its_box_once():
    layer = TextLayer(text="SALE", box=(0.5, 0.5, 0.4, 0.3), color="#00ff00")
    base = wrap(np.full((200, 300, 3), 120, np.uint8))
    outcome = photograph.edit(ImageRequest(prompt="add the text", seed=1, text_layers=(layer,)), base)
    box = masks.bounds(masks.difference(base, outcome.pixels))
    assert outcome.changes == ("wrote “SALE”",)
    assert box.x >= 148
    assert box.y >= 98
    twice = photograph.edit(ImageRequest(prompt="add the text “SALE”", seed=1, text_layers=(layer,)), base)
    assert twice.changes == ("wrote “SALE”",)


def test_text_under_a_mask_stays_in_it():
    base = wrap(np.full((200, 300, 3), 120, np.uint8))
    marks = _box_mask(base, 100, 50, 120, 60)
    outcome = photograph.edit(_request("write “HELLO”", mask=marks), base)
    assert masks.outside_digest(outcome.pixels, marks) == masks.outside_digest(base, marks)
    assert masks.bounds(masks.difference(base, outcome.pixels)).width > 50


def test_a_character_without_a_glyph_is_said_not_boxed():
    outcome = photograph.edit(_request("add the text “a\U00012000b”"), _ramps(300, 200))
    assert outcome.pixels is None
    assert "U+12000" in outcome.missed
