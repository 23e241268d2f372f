"""Settings of a request: every accepted spelling, and the vendor's words for the others."""

import base64
from typing import Any

import orjson
import pytest

from cavendish.api.gemini.parse import Call, parse
from cavendish.api.gemini.schema import camel, read, schema
from cavendish.errors import CavendishError, InvalidBody, InvalidValue, TooLarge, UnknownField, UnknownModel, Unsupported

MODEL = "gemini-3.1-flash-image"


def call(config: dict[str, Any] | None = None, **more: Any) -> Call:
    body = {"contents": [{"parts": [{"text": "a cup"}]}], "generationConfig": config or {}, **more}
    return parse(orjson.dumps(body), MODEL)


def image(**config: Any) -> Any:
    return call({"imageConfig": config}).request


@pytest.mark.parametrize("config", [
    {"imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}},
    {"image_config": {"aspect_ratio": "16:9", "image_size": "2k"}},
    {"responseFormat": {"image": {"aspectRatio": "16:9", "imageSize": "2K"}}},
    {"responseFormat": [{"image": {"aspectRatio": "16:9", "imageSize": "2K"}}]},
    {"responseFormat": [{"type": "text"}, {"type": "image", "aspect_ratio": "16:9", "image_size": "2K"}]},
    {"responseFormat": {"image": {"aspectRatio": "ASPECT_RATIO_SIXTEEN_BY_NINE", "imageSize": "IMAGE_SIZE_TWO_K"}}},
    {"responseFormat": {"image": {"aspectRatio": "1:1"}}, "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}},
])
def test_every_form_of_ratio_and_size(config: dict[str, Any]) -> None:
    request = call(config).request
    assert (request.aspect_ratio, request.tier) == ("16:9", "2K")


def test_each_ratio_has_an_enum_spelling() -> None:
    assert image(aspectRatio="ASPECT_RATIO_TWENTY_ONE_BY_NINE").aspect_ratio == "21:9"
    assert image(imageSize="IMAGE_SIZE_FIVE_TWELVE").tier == "512"


@pytest.mark.parametrize(("asked", "order"), [
    (None, ("TEXT", "IMAGE")), ([], ("TEXT", "IMAGE")), (["Image", "Text"], ("IMAGE", "TEXT")), (["image"], ("IMAGE",)),
    ([1, 2], ("TEXT", "IMAGE")), ([2], ("IMAGE",)), ("IMAGE", ("IMAGE",)),
])
def test_modalities_keep_their_order(asked: object, order: tuple[str, ...]) -> None:
    assert call({} if asked is None else {"responseModalities": asked}).modalities == order


@pytest.mark.parametrize("asked", [["TEXT"], ["AUDIO"], ["TEXT", "AUDIO"]])
def test_modalities_without_a_picture_are_the_vendors_error(asked: list[str]) -> None:
    with pytest.raises(Unsupported, match=r"requested combination of response modalities \(" + ", ".join(asked)):
        call({"responseModalities": asked})


@pytest.mark.parametrize(("seed", "ours"), [(7, 7), (-1, 4_294_967_295), (-(2**31), 2**31), (2**31 - 1, 2**31 - 1), ("5", 5)])
def test_seeds_are_mapped(seed: object, ours: int) -> None:
    assert call({"seed": seed}).request.seed == ours


def test_our_own_seed_has_63_bits() -> None:
    assert call(cavendish={"seed": "9000000000"}).request.seed == 9_000_000_000


@pytest.mark.parametrize(("config", "level"), [
    ({}, "minimal"), ({"thinkingLevel": "HIGH"}, "high"), ({"thinking_level": "high"}, "high"), ({"thinkingLevel": "Low"}, "minimal"),
    ({"thinkingBudget": -1}, "dynamic"), ({"thinkingBudget": 0}, "minimal"), ({"thinkingBudget": 4096}, "medium"),
    ({"thinking_budget": 9000}, "high"),
])
def test_thinking_levels_and_budgets(config: dict[str, Any], level: str) -> None:
    assert call({"thinkingConfig": config}).request.thinking == level


def test_thoughts_are_shown_only_when_asked() -> None:
    assert not call({"thinkingConfig": {"thinkingLevel": "high"}}).include_thoughts
    assert call({"thinkingConfig": {"include_thoughts": True}}).include_thoughts


@pytest.mark.parametrize("setting", [
    {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "threshold": "BLOCK_NONE"}, {"category": 10, "threshold": 4}])
def test_safety_settings_become_pairs(setting: dict[str, Any]) -> None:
    assert call(safetySettings=[setting]).request.safety == (("dangerous_content", "block_none"),)


def test_people_settings_travel_as_safety() -> None:
    request = image(personGeneration="ALLOW_NONE", prominentPeople="BLOCK_PROMINENT_PEOPLE")
    assert dict(request.safety) == {"person_generation": "allow_none", "prominent_people": "block_prominent_people"}


@pytest.mark.parametrize("config", [
    {"imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80}},
    {"outputMimeType": "image/jpg", "outputCompressionQuality": 80}])
def test_output_options(config: dict[str, Any]) -> None:
    output = image(**config).output
    assert (output.mime, output.quality) == ("image/jpeg", 80)


def test_the_default_encoding_is_the_servers_and_png_where_it_must_be() -> None:
    body = b'{"contents": [{"parts": [{"text": "a cup"}]}], "cavendish": {"background": "transparent"}}'
    assert parse(body, MODEL, "image/jpeg").request.output.mime == "image/png"
    assert parse(b'{"contents": {"parts": {"text": "a cup"}}}', MODEL, "image/webp").request.output.mime == "image/webp"


@pytest.mark.parametrize("where", ["imageConfig", "cavendish"])
def test_extras_are_read_in_both_places(where: str) -> None:
    extras = {"negativePrompt": "fog", "steps": 8, "guidanceScale": 3.5, "textLayers": ["SALE", {"text": "now", "box": [0, 0, 1, 0.5]}]}
    request = image(**extras) if where == "imageConfig" else call(cavendish=extras).request
    assert (request.negative_prompt, request.steps, request.guidance_scale) == ("fog", 8, 3.5)
    assert [(t.text, t.box) for t in request.text_layers] == [("SALE", None), ("now", (0, 0, 1, 0.5))]


@pytest.mark.parametrize("mask", ["bWFzaw==", {"inlineData": {"mimeType": "image/png", "data": "bWFzaw"}}, {"data": "bWFzaw=="}])
def test_every_form_of_mask(mask: object) -> None:
    contents = [{"parts": [{"text": "a hat"}, {"inlineData": {"data": "Y2F0"}}]}]
    request = call(contents=contents, cavendish={"mask": mask, "maskFeather": 4}).request
    assert request.mask is not None
    assert (request.mask.data, request.mask.feather_px, request.base and request.base.data) == (b"mask", 4, b"cat")


def test_partial_images_need_thoughts() -> None:
    config = {"thinkingConfig": {"includeThoughts": True}}
    assert call(config, cavendish={"partialImages": 2}).request.partial_images == 2
    with pytest.raises(InvalidValue, match="thought parts"):
        call(cavendish={"partialImages": 2})


def test_both_base64_alphabets_unpadded_and_broken_into_lines() -> None:
    data = bytes(range(250, 256)) * 30
    forms = [base64.b64encode(data), base64.urlsafe_b64encode(data), base64.b64encode(data).rstrip(b"="), base64.encodebytes(data)]
    for form in forms:
        request = call(contents=[{"parts": [{"text": "it"}, {"inlineData": {"data": form.decode()}}]}]).request
        assert request.references[0].data == data


def test_a_signature_may_be_garbage() -> None:
    parts = [{"inlineData": {"data": "Y2F0"}, "thoughtSignature": "!!! not base64"}]
    contents = [{"parts": [{"text": "a"}]}, {"role": "model", "parts": parts}, {"parts": [{"text": "b"}]}]
    assert call(contents=contents).request.references[0].signature == b""


def test_the_system_instruction_is_words() -> None:
    assert call(systemInstruction={"role": "user", "parts": {"text": "be bold"}}).request.system == "be bold"


def test_empty_and_null_settings_are_as_absent() -> None:
    assert call({"seed": None, "imageConfig": None}, safetySettings=[], tools=[], cachedContent="").request == call().request


def test_the_same_name_in_both_spellings_adds_up_but_does_not_contradict() -> None:
    assert call({"imageConfig": {"aspectRatio": "16:9"}, "image_config": {"imageSize": "2K"}}).request.tier == "2K"
    with pytest.raises(InvalidValue, match="set twice"):
        call({"imageConfig": {"aspectRatio": "16:9"}, "image_config": {"aspect_ratio": "1:1"}})


UNKNOWN = 'Invalid JSON payload received. Unknown name "{}"{}: Cannot find field.'


@pytest.mark.parametrize(("config", "more", "line", "path"), [
    ({"imageConfig": {"resolution": 1}}, {}, UNKNOWN.format("resolution", " at 'generation_config.image_config'"),
     "generation_config.image_config"),
    ({"n": 1}, {}, UNKNOWN.format("n", " at 'generation_config'"), "generation_config"),
    ({}, {"extra": 1}, UNKNOWN.format("extra", ""), ""),
    ({}, {"contents": [{"parts": [{"text": "a", "foo": 1}]}]}, UNKNOWN.format("foo", " at 'contents[0].parts[0]'"),
     "contents[0].parts[0]"),
])
def test_unknown_names_are_the_vendors_error(config: dict[str, Any], more: dict[str, Any], line: str, path: str) -> None:
    with pytest.raises(UnknownField) as caught:
        call(config, **more)
    assert (caught.value.message, caught.value.field) == (line, path)


def test_all_unknown_names_are_told_at_once_and_near_ones_suggested() -> None:
    with pytest.raises(UnknownField) as caught:
        call({"imagesize": "2K", "imageConfig": {"ImageSize": "2K"}})
    assert caught.value.message.count("Unknown name") == 2
    assert "imageSize" in caught.value.hint


@pytest.mark.parametrize(("body", "says"), [
    ({"contents": "a cup"}, r"Invalid value at 'contents\[0\]' \(type.googleapis.com/.*Content\), \"a cup\""),
    ({"contents": [{"parts": [{"text": 5}]}]}, r"Invalid value at 'contents\[0\].parts\[0\].text' \(TYPE_STRING\), 5"),
    ({"contents": [{"parts": [{"text": ["a"]}]}]}, "Proto field is not repeating, cannot start list"),
    ({"contents": [None]}, r"Invalid value at 'contents\[0\]'"),
    ({"generationConfig": {"seed": 99999999999}}, r"'generation_config.seed' \(TYPE_INT32\), 99999999999"),
    ({"generationConfig": {"seed": 1.5}}, "TYPE_INT32"),
    ({"generationConfig": {"seed": True}}, "TYPE_INT32"),
    ({"generationConfig": {"temperature": "hot"}}, r"TYPE_DOUBLE\), \"hot\""),
    ({"generationConfig": {"temperature": [1]}}, "cannot start list"),
    ({"generationConfig": {"imageConfig": {"textLayers": [{"text": "a", "box": [None]}]}}}, "TYPE_DOUBLE"),
    ({"generationConfig": {"stopSequences": "x"}}, "TYPE_STRING"),
    ({"generationConfig": {"thinkingConfig": {"includeThoughts": "yes"}}}, "TYPE_BOOL"),
    ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "giant"}}}, "ThinkingLevel"),
    ({"generationConfig": {"responseModalities": ["SMELL"]}}, r"response_modalities\[0\]' .*Modality\), \"SMELL\""),
    ({"safetySettings": [{"category": 99}]}, "HarmCategory"),
    ({"labels": 5}, "TYPE_MESSAGE"),
    ({"contents": [{"parts": [{"inlineData": {"data": "a"}}]}]}, r"inline_data.data' \(TYPE_BYTES\), Base64 decoding failed for"),
    ({"contents": [{"parts": [{"inlineData": {"data": "é!"}}]}]}, "Base64 decoding failed"),
])
def test_wrong_types_are_the_vendors_error(body: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        parse(orjson.dumps({"contents": [{"parts": [{"text": "a cup"}]}]} | body), MODEL)


@pytest.mark.parametrize(("config", "more", "error", "says"), [
    ({"candidateCount": 0}, {}, InvalidValue, "candidateCount 0"),
    ({"candidateCount": 9}, {}, InvalidValue, "candidateCount 9"),
    ({"temperature": 3}, {}, InvalidValue, "temperature 3"),
    ({"imageConfig": {"aspectRatio": "0:0"}}, {}, InvalidValue, "aspect ratio '0:0' is not enabled"),
    ({"imageConfig": {"imageSize": "8K"}}, {}, InvalidValue, "image size '8K'"),
    ({"imageConfig": {"steps": 0}}, {}, InvalidValue, "steps"),
    ({"imageConfig": {"mask": "bWFzaw=="}}, {}, InvalidValue, "mask came without a picture"),
    ({"imageConfig": {"imageOutputOptions": {"mimeType": "image/gif"}}}, {}, InvalidValue, "output format 'image/gif'"),
    ({"thinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 5}}, {}, InvalidValue, "only one of"),
    ({"thinkingConfig": {"thinkingBudget": -2}}, {}, InvalidValue, "thinkingBudget"),
    ({"responseMimeType": "application/json"}, {}, Unsupported, "JSON mode"),
    ({"responseFormat": {"image": {"delivery": "URI"}}}, {}, Unsupported, "delivery"),
    ({"responseLogprobs": True}, {}, Unsupported, "Logprobs"),
    ({}, {"tools": [{"functionDeclarations": [{"name": "f"}]}]}, Unsupported, "Tools are not enabled"),
    ({}, {"cachedContent": "cachedContents/x"}, Unsupported, "CachedContent"),
    ({}, {"systemInstruction": {"parts": [{"inlineData": {"data": "Y2F0"}}]}}, Unsupported, "systemInstruction"),
    ({}, {"contents": [{"parts": [{"text": "x" * 1_000_000}]}]}, TooLarge, "1000000 characters"),
    ({}, {"contents": [{"parts": [{"text": " "}]}]}, InvalidValue, "prompt is empty"),
    ({}, {"contents": []}, InvalidValue, "contents are empty"),
    ({}, {"cavendish": {"textLayers": [{"text": "a", "box": [0.5]}]}}, InvalidValue, "four numbers"),
])
def test_values_out_of_range(config: dict[str, Any], more: dict[str, Any], error: type[CavendishError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        call(config, **more)
    assert caught.value.hint


@pytest.mark.parametrize("body", [b"", b"nope", b"[]", b"3", b"\xff", b'{"contents": [', b"[" * 100_000])
def test_what_is_no_json_object(body: bytes) -> None:
    with pytest.raises(InvalidBody):
        parse(body, MODEL)


def test_sizes_are_the_models_own() -> None:
    body = b'{"contents": [{"parts": [{"text": "a"}]}], "generationConfig": {"imageConfig": {"imageSize": "2K"}}}'
    with pytest.raises(InvalidValue, match=r"not enabled for gemini-2\.5-flash-image"):
        parse(body, "gemini-2.5-flash-image")
    with pytest.raises(UnknownModel):
        parse(body, "gpt-nonsense")


def test_every_field_of_the_table_has_a_known_type() -> None:
    tables = schema()
    known = {"string", "bool", "double", "int32", "int64", "bytes", "signature", "map", "any", *tables.messages, *tables.enums}
    assert {k.removesuffix("[]") for table in tables.messages.values() for k in table.values()} <= known
    assert camel("_response_json_schema") == "_responseJsonSchema"


def test_free_form_maps_keep_their_names() -> None:
    assert read("GenerateContentRequest", {"labels": {"aB_c": "1"}}) == {"labels": {"aB_c": "1"}}
