"""The rule that gives pictures their roles, and what is left of a replayed conversation."""

import pytest

from cavendish.api.gemini import turns
from cavendish.errors import InvalidValue, TooManyReferences, Unsupported
from cavendish.thinking import conversation
from cavendish.types import ImageRequest

B, O, S = "base", "object", "style"  # noqa: E741  the roles, short enough for a table


def user(*parts: object, **more: object) -> dict[str, object]:
    return {"role": "user", "parts": [_part(p) for p in parts], **more}


def model(*parts: object) -> dict[str, object]:
    return {"role": "model", "parts": [_part(p) for p in parts]}


def _part(part: object) -> object:
    if isinstance(part, bytes):
        return {"inline_data": {"mime_type": "image/png", "data": part}}
    return {"text": part} if isinstance(part, str) else part


def seen(contents: list[dict[str, object]], **more: bool) -> list[tuple[str, bytes]]:
    return [(str(r.role), r.data) for r in turns.read(contents, **more).references]


@pytest.mark.parametrize(("words", "count", "drawn", "expected"), [
    ("make it night", 1, False, [B]),
    ("add a red hat", 1, False, [B]),
    ("remove the man from this photo", 1, False, [B]),
    ("draw a poster with it", 1, False, [O]),
    ("Create an ad with this photo of my cup", 1, False, [O]),
    ("please create a picture of my cat on the moon", 1, False, [O]),
    ("can you draw me a banana next to the thing shown", 1, False, [O]),
    ("make this image brighter", 1, False, [B]),
    ("make a version of this photo in black and white", 1, False, [B]),
    ("a dragon in the style of this image", 1, False, [S]),
    ("put them together", 2, False, [O, O]),
    ("combine these images into one", 3, False, [O, O, O]),
    ("put the cup into this photo", 2, False, [B, O]),
    ("edit image 1 and add the thing", 2, False, [B, O]),
    ("take the dress from image 1 and put it on the woman in image 2", 2, False, [B, O]),
    ("put the logo on the shirt in the second image", 2, False, [O, B]),
    ("repaint the first image in the style of the second image", 2, False, [B, S]),
    ("now make it red", 0, True, []),
    ("add this cup", 1, True, [O]),
    ("edit my photo instead", 1, True, [B]),
    ("use the colours from this image", 1, True, [O]),
])
def test_roles_follow_the_rule(words: str, count: int, drawn: bool, expected: list[str]) -> None:
    assert [str(r) for r in conversation.roles(words, count, drawn)] == expected


def test_a_first_turn_has_no_references_or_history() -> None:
    read = turns.read([user("a red cup")])
    assert (read.prompt, read.references, read.history) == ("a red cup", (), ())


def test_the_newest_model_picture_is_the_base_with_its_signature() -> None:
    signed = {"inline_data": {"data": b"two"}, "thought_signature": b"sig"}
    read = turns.read([user("a cup"), model("here", b"one"), user("blue"), model(signed), user("bigger")])
    assert [(r.role, r.data, r.signature) for r in read.references] == [("base", b"two", b"sig")]
    assert (read.prompt, read.history) == ("bigger", ("a cup", "blue"))


def test_earlier_user_pictures_are_objects_newest_first() -> None:
    assert seen([user("draw", b"a"), model(b"m"), user("more", b"b"), model(b"n"), user("brighter", b"c")]) == [
        (B, b"n"), (O, b"c"), (O, b"b"), (O, b"a")]


def test_the_words_can_choose_the_users_picture_over_the_models() -> None:
    assert seen([user("a cup"), model(b"m"), user("make this photo warmer", b"mine")]) == [(B, b"mine")]


def test_the_words_can_go_back_to_the_original() -> None:
    assert seen([user("make it red", b"mine"), model(b"m"), user("go back to the original photo")])[0] == (B, b"mine")


def test_a_picture_from_before_is_edited_when_nothing_was_drawn_yet() -> None:
    assert seen([user("make it red", b"mine"), model("I could not"), user("then make it blue")]) == [(B, b"mine")]


def test_equal_pictures_count_once_and_keep_the_signature() -> None:
    signed = {"inline_data": {"data": b"m"}, "thought_signature": b"sig"}
    read = turns.read([user("draw"), model(signed), user("make this photo red", b"m")])
    assert [(r.role, r.data, r.signature) for r in read.references] == [("base", b"m", b"sig")]


def test_fourteen_pictures_at_most_and_the_newest_stay() -> None:
    old = [user("see", *(bytes([65 + i]) for i in range(14))), model(b"m")]
    kept = seen([*old, user("add", b"new1", b"new2")])
    assert len(kept) == 14
    assert kept[:3] == [(B, b"m"), (O, b"new1"), (O, b"new2")]
    assert kept[-1] == (O, b"D")  # A, B and C, the oldest, fell away


def test_fifteen_pictures_in_one_turn_are_too_many() -> None:
    read = turns.read([user("combine", *(bytes([65 + i]) for i in range(15)))])
    with pytest.raises(TooManyReferences, match="15 input images"):
        ImageRequest(prompt=read.prompt, references=read.references)


def test_tags_overrule_the_words() -> None:
    tagged = {"inline_data": {"data": b"s"}, "part_metadata": {"role": "style"}}
    assert seen([user("edit image 1", tagged, b"b")]) == [(S, b"s"), (B, b"b")]


def test_a_tagged_mask_is_no_reference_and_makes_a_base() -> None:
    mask = {"inline_data": {"data": b"mask"}, "part_metadata": {"role": "mask"}}
    read = turns.read([user("draw a hat here", b"photo", mask)])
    assert read.mask is not None
    assert (read.mask.data, [(r.role, r.data) for r in read.references]) == (b"mask", [("base", b"photo")])


def test_a_mask_from_elsewhere_makes_the_first_picture_the_base() -> None:
    assert seen([user("put them together", b"a", b"b")], masked=True) == [(B, b"a"), (O, b"b")]


def test_thoughts_and_empty_texts_fall_away_and_streamed_turns_merge() -> None:
    thought = {"inline_data": {"data": b"draft"}, "thought": True}
    replay = [model({"text": "plan", "thought": True}), model(thought), model("here"), model(b"final"), model("")]
    assert seen([user("a cup"), *replay, user("blue")]) == [(B, b"final")]


def test_a_missing_role_is_the_user() -> None:
    assert turns.read([{"parts": [{"text": "a cup"}]}]).prompt == "a cup"


def test_data_uris_are_read_web_ones_noted_and_others_refused() -> None:
    uri = "data:image/png;base64,Y2F0"
    assert seen([user("bigger", {"file_data": {"file_uri": uri}})]) == [(B, b"cat")]
    noted = turns.read([user("bigger", {"file_data": {"file_uri": "https://example.org/cat.png"}})]).references
    assert [(r.role, r.data, r.url) for r in noted] == [(B, b"", "https://example.org/cat.png")]
    with pytest.raises(Unsupported, match="keeps no files"):
        turns.read([user("bigger", {"file_data": {"file_uri": "gs://bucket/cat.png"}})])


def test_a_signature_stays_with_its_own_url() -> None:
    urls = [{"file_data": {"file_uri": f"https://example.org/{n}.png"}} for n in "ab"]
    ours = {"role": "model", "parts": [{**urls[0], "thought_signature": b"sealed"}]}
    found = turns.read([user("a cup"), ours, user("use both", *urls)]).references
    assert {r.url[-5:]: r.signature for r in found} == {"a.png": b"sealed", "b.png": b""}


@pytest.mark.parametrize(("contents", "error", "says"), [
    ([], InvalidValue, "contents are empty"),
    ([user("a"), model("b")], InvalidValue, "do not end with a user turn"),
    ([{"role": "system", "parts": []}], InvalidValue, "valid role"),
    ([user("a", {"inline_data": {"mime_type": "application/pdf", "data": b"x"}})], Unsupported, "Unsupported MIME type"),
    ([user("a", {"inline_data": {"mime_type": "image/png"}})], InvalidValue, "holds no data"),
    ([user("a", {"function_response": {}})], Unsupported, "function_response"),
    ([user("a", {"inline_data": {"data": b"x"}, "part_metadata": {"role": "hat"}})], InvalidValue, "role 'hat'"),
])
def test_what_cannot_be_read_says_so(contents: list[dict[str, object]], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        turns.read(contents)


def test_a_long_prompt_full_of_pictures_is_read_quickly() -> None:
    assert conversation.roles("from this photo " * 60_000, 2, False) == ("object", "object")
