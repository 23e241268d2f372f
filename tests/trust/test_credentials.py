"""Content credentials: what is signed, that the conformance rubric's criteria hold, and that another implementation agrees."""

import hashlib
import io
import json

import c2pa
import encypher_c2pa
import numpy as np
import pytest
from PIL import Image

from cavendish import __version__
from cavendish.errors import ConfigError
from cavendish.trust import certificates, labels
from cavendish.trust import credentials as signing
from cavendish.trust.credentials import Credentials, manifests_in
from cavendish.trust.credentials_claim import COMPONENT, INPUT, PARENT, Input
from cavendish.trust.credentials_read import TRUSTED, VALID, CredentialReader
from cavendish.trust.receipt import Receipt
from trust.conftest import claim, picture
from trust.rubric import CRITERIA

FORMATS = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/tiff")
RECEIPT = Receipt(mask="a" * 64, outside="b" * 64, size="64x48", feather_px=2, area="", exact=True)


def _input(data: bytes, relationship: str = PARENT, role: str = "base") -> Input:
    return Input(data=data, role=role, relationship=relationship)


def _crjson(reader: CredentialReader, data: bytes, mime: str = "image/png") -> dict:
    state, found = reader.crjson(data, mime)
    assert state == "Trusted"
    return found


@pytest.fixture(scope="module")
def manifests(credentials: Credentials, reader: CredentialReader) -> dict[str, dict]:
    """crJSON of each kind of picture that leaves."""
    plain, signed = picture(), credentials.sign(picture(), claim())
    edit = (_input(signed.asset.data),)
    many = (*edit, _input(picture(seed=2).data, COMPONENT, "object"), _input(picture("image/jpeg", 3).data, INPUT, "style"))
    kinds = {"created": claim(), "created unmarked": claim(binding=None), "marked by its engine": claim(binding=None, engine_mark="SynthID"),
             "created with inputs": claim(inputs=many[1:]), "edited": claim(inputs=edit), "edited by a model": claim(
                 inputs=edit, source_type=labels.EDITED_BY_TRAINED), "edited with inputs": claim(inputs=many),
             "masked edit": claim(inputs=edit, receipt=RECEIPT), "with its prompt": claim(with_prompt=True)}
    return {name: _crjson(reader, credentials.sign(plain, c).asset.data) for name, c in kinds.items()}


def test_there_are_31_criteria():
    assert len(CRITERIA) == 31


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_conformance_rubric_holds(criterion: str, manifests: dict[str, dict]):
    assert [name for name, found in manifests.items() if not CRITERIA[criterion](found)] == []


def test_the_criteria_can_fail(manifests: dict[str, dict]):
    """Each damage is seen by its criterion, so that a rubric that says yes to everything does not pass."""
    def damaged(change) -> dict:
        copy = json.loads(json.dumps(manifests["edited with inputs"]))
        change(copy["manifests"][0])
        return copy

    damage = {
        "mandatory_spec_version": lambda m: m["claim.v2"]["claim_generator_info"].pop("specVersion"),
        "mandatory_all_actions_included": lambda m: m["assertions"]["c2pa.actions.v2"].pop("allActionsIncluded"),
        "mandatory_dst_for_perceptible_transformations": lambda m: m["assertions"]["c2pa.actions.v2"]["actions"][2].pop("digitalSourceType"),
        "no_unsupported_actions": lambda m: m["assertions"]["c2pa.actions.v2"]["actions"][0].update(action="c2pa.painted"),
        "opened_action_ingredient_reference": lambda m: m["assertions"]["c2pa.actions.v2"]["actions"][0].pop("parameters"),
        "valid_success": lambda m: m["validationResults"]["failure"].append({"code": "assertion.dataHash.mismatch"}),
        "ingredient_relationship_values": lambda m: m["assertions"]["c2pa.ingredient.v3"].update(relationship="cousinOf"),
        "inception_action_position": lambda m: m["claim.v2"]["created_assertions"].insert(0, {"url": "x/c2pa.actions"})}
    assert [name for name, change in damage.items() if CRITERIA[name](damaged(change))] == []


def test_nothing_is_only_gathered(manifests: dict[str, dict]):
    assert {len(m["manifests"][0]["claim.v2"]["gathered_assertions"]) for m in manifests.values()} == {0}


def _actions(crjson: dict) -> list[str]:
    return [a["action"].removeprefix("c2pa.") for a in crjson["manifests"][0]["assertions"]["c2pa.actions.v2"]["actions"]]


def test_actions_tell_what_was_done(manifests: dict[str, dict]):
    assert {name: _actions(found) for name, found in manifests.items() if name != "with its prompt"} == {
        "created": ["created", "watermarked.bound"], "created unmarked": ["created"],
        "marked by its engine": ["created", "watermarked.unbound"], "created with inputs": ["created", "placed", "watermarked.bound"],
        "edited": ["opened", "edited", "watermarked.bound"], "edited by a model": ["opened", "edited", "watermarked.bound"],
        "edited with inputs": ["opened", "placed", "edited", "watermarked.bound"],
        "masked edit": ["opened", "edited", "watermarked.bound"]}


def test_the_claim_names_the_engine_its_revision_the_seed_and_the_source_type(manifests: dict[str, dict]):
    found = manifests["created"]["manifests"][0]
    made = found["assertions"]["c2pa.actions.v2"]["actions"][0]
    assert made["softwareAgent"] == {"name": "Cavendish comp", "version": "7"}
    assert made["digitalSourceType"] == labels.ALGORITHMIC
    assert found["assertions"]["org.cavendish.generation"] == {
        "engine": "comp", "revision": "7", "seed": str(2**62), "request_digest": "ab" * 16,
        "prompt_sha256": hashlib.sha256(b"a dog").hexdigest()}
    assert found["claim.v2"]["claim_generator_info"]["name"] == "Cavendish"
    assert found["claim.v2"]["claim_generator_info"]["version"] == __version__
    assert found["assertions"]["c2pa.soft-binding"]["alg"] == "org.cavendish.spread.1"


def test_the_prompts_words_are_in_only_when_asked(manifests: dict[str, dict]):
    told = {name: "a dog" in json.dumps(found) for name, found in manifests.items()}
    assert [name for name, words in told.items() if words] == ["with its prompt"]


def test_inputs_are_ingredients_and_the_parent_keeps_its_manifest(manifests: dict[str, dict]):
    found = manifests["edited with inputs"]
    ingredients = [v for k, v in found["manifests"][0]["assertions"].items() if k.startswith("c2pa.ingredient.v3")]
    assert {i["relationship"] for i in ingredients} == {PARENT, COMPONENT, INPUT}
    assert len(found["manifests"]) == 2
    parent = next(i for i in ingredients if i["relationship"] == PARENT)
    assert parent["validationResults"]["activeManifest"]["failure"] == []
    kept = {i["role"]: i.get("manifest") for i in found["manifests"][0]["assertions"]["org.cavendish.generation"]["inputs"]}
    assert kept == {"base": "kept", "object": None, "style": None}


def test_a_receipt_is_signed_into_the_file(credentials: Credentials, reader: CredentialReader):
    signed = credentials.sign(picture(), claim(receipt=RECEIPT)).asset
    assert reader.read(signed.data).receipt == RECEIPT


def _labelled(mime: str):
    if mime == "image/tiff":
        out = io.BytesIO()
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(out, "TIFF", compression="tiff_lzw")
        from cavendish.types import Asset, Size
        asset = Asset(data=out.getvalue(), mime=mime, size=Size(64, 48))
    else:
        asset = picture(mime)
    facts = labels.LabelFacts(engine_name="comp", engine_id="comp", revision="7", seed=5, source_type=labels.ALGORITHMIC, request_digest="ab")
    return labels.label(asset, facts)


@pytest.mark.parametrize("mime", FORMATS)
def test_signing_changes_no_pixel_and_keeps_the_label(mime: str, credentials: Credentials, reader: CredentialReader):
    asset = _labelled(mime)
    signed = credentials.sign(asset, claim())
    before, after = (np.asarray(Image.open(io.BytesIO(a.data))) for a in (asset, signed.asset))
    assert np.array_equal(before, after)
    assert labels.read_labels(signed.asset.data)["seed"] == "5"
    report = reader.read(signed.asset.data)
    assert (report.state, report.generator, report.failures) == (TRUSTED, "Cavendish", ())
    assert CredentialReader().read(signed.asset.data).state == VALID
    assert len(signed.asset.data) - len(asset.data) < 5_000


@pytest.mark.parametrize("mime", FORMATS)
def test_an_independent_implementation_verifies_it(mime: str, credentials: Credentials, chain: certificates.Chain):
    """encypher-c2pa has its own Rust core, not c2pa-rs. It found that specVersion must be SemVer."""
    first = credentials.sign(_labelled(mime), claim())
    edited = credentials.sign(picture(), claim(inputs=(_input(first.asset.data), _input(picture().data, COMPONENT, "object"))))
    for asset in (first.asset, edited.asset):
        report = encypher_c2pa.verify(asset.data, asset.mime, trust_pem=chain.root.decode(), no_default_trust=True, telemetry=False,
                                      online=False)
        assert report["validation_results"]["failure"] == []
        assert (report["integrity"], report["trust"]["status"]) == ("valid", "valid_for_supplied_material")
    broken = bytearray(first.asset.data)
    broken[-40] ^= 1
    if mime != "image/avif":  # its last bytes are the label's own box
        assert encypher_c2pa.verify(bytes(broken), mime, telemetry=False, online=False)["integrity"] != "valid"


def test_a_long_chain_of_edits_is_cut_and_says_so(credentials: Credentials, reader: CredentialReader, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(signing, "MAX_MANIFESTS", 4)
    sizes, asset, notes = [], picture(), ()
    for _ in range(7):
        signed = credentials.sign(picture(), claim(inputs=(_input(asset.data),)))
        sizes.append(manifests_in(signed.manifest))
        asset, notes = signed.asset, (*notes, *signed.notes)
    assert sizes == [1, 2, 3, 4, 1, 2, 3]
    assert len(notes) == 1
    assert "base" in notes[0]


def test_what_is_left_out_is_named_by_hash(credentials: Credentials, reader: CredentialReader, monkeypatch: pytest.MonkeyPatch):
    parent = credentials.sign(picture(), claim()).asset
    monkeypatch.setattr(signing, "MAX_STORE_BYTES", 6_000)
    signed = credentials.sign(picture(), claim(inputs=(_input(parent.data), _input(parent.data, INPUT, "style"))))
    told = _crjson(reader, signed.asset.data)["manifests"][0]["assertions"]["org.cavendish.generation"]["inputs"]
    assert [i["sha256"] for i in told] == [parent.digest] * 2
    assert all(i["manifest"].startswith("left out") for i in told)
    assert manifests_in(signed.manifest) == 1


def test_signing_is_safe_from_many_threads(credentials: Credentials, reader: CredentialReader):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as threads:
        signed = list(threads.map(lambda seed: credentials.sign(picture(seed=seed), claim(seed=seed)), range(12)))
    assert [reader.read(s.asset.data).generation["seed"] for s in signed] == [str(seed) for seed in range(12)]


def test_a_certificate_that_cannot_sign_is_found_at_start(tmp_path, monkeypatch: pytest.MonkeyPatch):
    from cryptography.x509.oid import ExtendedKeyUsageOID

    monkeypatch.setattr(ExtendedKeyUsageOID, "EMAIL_PROTECTION", ExtendedKeyUsageOID.SERVER_AUTH)
    monkeypatch.setattr(certificates, "CLAIM_SIGNING", "1.3.6.1.5.5.7.3.2")
    bad = certificates.make(tmp_path / "c")
    with pytest.raises(ConfigError, match="cannot sign"):
        Credentials(bad).check()


def test_a_format_without_room_is_refused(credentials: Credentials):
    from dataclasses import replace

    with pytest.raises(ValueError, match="cannot hold"):
        credentials.sign(replace(picture(), mime="image/bmp"), claim())


def test_a_production_leaf_with_claim_signing_alone_may_sign(tmp_path, monkeypatch: pytest.MonkeyPatch):
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    monkeypatch.setattr(ExtendedKeyUsageOID, "EMAIL_PROTECTION", x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"))
    Credentials(certificates.make(tmp_path / "c")).check()


def test_the_library_does_nothing_when_cavendish_is_imported():
    import subprocess
    import sys

    code = "import sys, cavendish.app; print('c2pa' in sys.modules, 'cryptography' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]
    assert c2pa.sdk_version()


@pytest.mark.parametrize("reworked", [False, True])
def test_an_engines_own_credentials_are_kept_as_the_parent(reworked: bool, credentials: Credentials, reader: CredentialReader):
    upstream = credentials.sign(picture(seed=5), claim(engine_mark="SynthID", binding=None)).asset
    inputs = (_input(picture(seed=6).data, INPUT), _input(upstream.data, PARENT, "the engine's own file"))
    said = claim(inputs=inputs, delivered=True, reworked=reworked, engine_mark="SynthID", binding=None, source_type=labels.TRAINED)
    found = _crjson(reader, credentials.sign(upstream if not reworked else picture(), said).asset.data)
    assert [name for name, holds in CRITERIA.items() if not holds(found)] == []
    assert [a["action"] for a in found["manifests"][0]["assertions"]["c2pa.actions.v2"]["actions"]] == [
        "c2pa.opened", "org.cavendish.generated", "c2pa.edited" if reworked else "c2pa.edited.metadata"]
    assert len(found["manifests"]) == 2


def test_an_ended_certificate_says_so(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(certificates, "LEAF_DAYS", 0)
    with pytest.raises(ConfigError):
        certificates.make(tmp_path / "c")
    with pytest.raises(ConfigError, match="ended on"):
        Credentials(certificates.load(tmp_path / "c", expired=True)).sign(picture(), claim())
