"""The 31 criteria of the C2PA conformance rubric 0.2 for spec 2.4 (c2pa-org/conformance-public, asset-rubrics), as predicates.

Each takes C2PA's crJSON and says whether the active manifest passes; names are the rubric's ids.
"""

from collections.abc import Callable
from typing import Any

MALFORMED = {
    "assertion.action.malformed", "assertion.bmffHash.malformed", "assertion.boxesHash.malformed", "assertion.collectionHash.malformed",
    "assertion.dataHash.malformed", "assertion.external-reference.malformed", "assertion.external-reference.labelMismatch",
    "assertion.external-reference.created", "assertion.ingredient.malformed", "assertion.alternativeContentRepresentation.malformed",
    "assertion.alternativeContentRepresentation.missing", "assertion.multiAssetHash.malformed", "assertion.cbor.invalid",
    "assertion.json.invalid", "claim.cbor.invalid", "claim.hardBindings.missing", "claim.malformed", "claim.missing", "claim.multiple",
    "hashedURI.missing", "ingredient.manifest.missing", "assertion.boxesHash.unknownBox", "assertion.multipleHardBindings",
    "manifest.compressed.invalid", "manifest.html.multipleManifests", "manifest.inaccessible", "manifest.multipleParents",
    "manifest.structuredText.emptyReference", "manifest.structuredText.malformedReference", "manifest.structuredText.multipleReferences",
    "manifest.structuredText.noManifest", "manifest.structuredText.noResolutionPath", "manifest.timestamp.invalid",
    "manifest.timestamp.wrongParents", "manifest.update.invalid", "manifest.update.wrongParents"}
MISMATCHED = {
    "assertion.action.ingredientMismatch", "assertion.action.redactionMismatch", "assertion.bmffHash.mismatch",
    "assertion.boxesHash.mismatch", "assertion.collectionHash.mismatch", "assertion.dataHash.mismatch",
    "assertion.external-reference.hashMismatch", "assertion.alternativeContentRepresentation.hashMismatch",
    "assertion.multiAssetHash.mismatch", "assertion.hashedURI.mismatch", "assertion.hardBinding.redacted", "hashedURI.mismatch",
    "ingredient.manifest.mismatch", "ingredient.claimSignature.missing", "ingredient.claimSignature.mismatch", "claimSignature.missing"}
DEPRECATED_ASSERTIONS = {"c2pa.claim", "c2pa.hash.bmff.v2", "c2pa.asset-type", "c2pa.ingredient", "c2pa.ingredient.v2", "c2pa.actions"}
ASSERTIONS = {"c2pa." + name for name in (
    "hash.data", "hash.data.part", "actions.v2", "ingredient.v3", "hash.boxes", "hash.bmff.v3", "hash.collection.data", "soft-binding",
    "cloud-data", "embedded-data", "metadata", "certificate-status", "asset-ref", "asset-type.v2", "hash.multi-asset", "thumbnail.claim",
    "thumbnail.ingredient", "depthmap.GDepth", "icon", "alternative-content-representation", "external-reference", "session-keys",
    "environmental-sustainability", "repository-receipt", "ai-disclosure", "assertion.metadata", "time-stamp")}
DEPRECATED_ACTIONS = {"c2pa." + name for name in (
    "copied", "formatted", "version_updated", "printed", "managed", "produced", "saved", "color_adjustments", "watermarked")}
ACTIONS = {"c2pa." + name for name in (
    "addedText", "adjustedColor", "changedSpeed", "color_adjustments", "converted", "created", "cropped", "deleted", "drawing", "dubbed",
    "edited", "edited.metadata", "enhanced", "filtered", "mastered", "mixed", "opened", "orientation", "placed", "published", "redacted",
    "remixed", "removed", "repackaged", "resized", "resized.proportional", "transcoded", "translated", "trimmed", "unknown",
    "watermarked", "watermarked.bound", "watermarked.unbound")}
NON_EDITORIAL = {"c2pa." + name for name in (
    "converted", "published", "repackaged", "transcoded", "resized.proportional", "enhanced", "edited.metadata", "watermarked",
    "watermarked.bound", "watermarked.unbound", "redacted")}
INCEPTION = ("c2pa.created", "c2pa.opened")
PARAMETERS = {"redacted", "ingredients", "ingredient", "description", "relatedAssertions", "sourceLanguage", "targetLanguage",
              "multipleInstances", "ranges", "weight", "width", "italic", "slant", "optical-size"}
FORBIDDEN_EXTERNAL = ("c2pa.actions", "c2pa.actions.v2", "c2pa.cloud-data", "c2pa.external-reference")

Json = dict[str, Any]


def _active(crjson: Json) -> Json:
    return crjson["manifests"][0]


def _values(crjson: Json) -> list[Json]:
    return [v for v in _active(crjson)["assertions"].values() if isinstance(v, dict)]


def _actions(crjson: Json) -> list[Json]:
    return [a for v in _values(crjson) if v.get("actions") is not None for a in v["actions"]]


def _ingredients(crjson: Json) -> list[Json]:
    return [v for v in _values(crjson) if v.get("relationship") is not None]


def _failures(crjson: Json) -> set[str]:
    return {f["code"] for f in _active(crjson)["validationResults"]["failure"]}


def _claim(crjson: Json) -> Json:
    return _active(crjson)["claim.v2"]


def _base(label: str) -> str:
    return label.split("__")[0]


def _first_created_actions(crjson: Json) -> bool:
    urls = [a["url"] for a in _claim(crjson)["created_assertions"] if "c2pa.actions" in a["url"]]
    created = any(a["action"] == "c2pa.created" for a in _actions(crjson))
    return urls[0].endswith("c2pa.actions.v2") and (not created or _actions(crjson)[0]["action"] in INCEPTION)


def _external_labels(crjson: Json) -> list[str]:
    return [v["label"] for v in _values(crjson) if v.get("label") and v.get("url") and not v.get("relationship")]


def _preserved(value: Json) -> bool:
    parameters = value.get("parameters") or {}
    if "exif.originalPreservationImage" not in (value.get("type"), parameters.get("type")):
        return True
    return (parameters.get("multiAssetPartIndex") is None) != (parameters.get("embeddedOriginalPreservationImage") is None)


CRITERIA: dict[str, Callable[[Json], bool]] = {
    "mandatory_dst_for_perceptible_transformations": lambda c: all(
        a.get("digitalSourceType") for a in _actions(c)
        if a["action"].startswith("c2pa.") and a["action"] not in {*INCEPTION, *NON_EDITORIAL, "c2pa.placed"}),
    "mandatory_spec_version": lambda c: str(_claim(c)["claim_generator_info"].get("specVersion")).split(".")[:2] == ["2", "4"],
    "mandatory_all_actions_included": lambda c: all(
        v.get("allActionsIncluded") is not None for v in _values(c) if v.get("actions") is not None),
    "no_dst_for_opened_action": lambda c: not any(
        a["action"] == "c2pa.opened" and a.get("digitalSourceType") for a in _actions(c)),
    "well_formed_data_present": lambda c: _active(c).get("validationResults") is not None,
    "well_formed_success": lambda c: not _failures(c) & MALFORMED,
    "valid_data_present": lambda c: _active(c).get("validationResults") is not None,
    "valid_success": lambda c: not _failures(c) & MISMATCHED,
    "inception_action_position": _first_created_actions,
    "no_deprecated_assertions": lambda c: not any(
        k.startswith("stds.") or k in DEPRECATED_ASSERTIONS for k in _active(c)["assertions"]),
    "no_unsupported_assertions": lambda c: {
        _base(k) for k in _active(c)["assertions"] if k.startswith("c2pa.")} <= ASSERTIONS | DEPRECATED_ASSERTIONS,
    "no_deprecated_actions": lambda c: not {a["action"] for a in _actions(c)} & DEPRECATED_ACTIONS,
    "no_unsupported_actions": lambda c: {a["action"] for a in _actions(c) if a["action"].startswith("c2pa.")} <= ACTIONS,
    "no_unrecognized_custom_assertions": lambda c: all("." in k for k in _active(c)["assertions"]),
    "no_unrecognized_custom_actions": lambda c: all("." in a["action"] for a in _actions(c)),
    "no_unrecognized_custom_action_parameters": lambda c: all(
        k in PARAMETERS or "." in k for a in _actions(c) for k in a.get("parameters") or {}),
    "discouraged_legacy_action_parameters": lambda c: not any(
        {"description", "ingredient"} & set(a.get("parameters") or {}) for a in _actions(c)),
    "active_manifest_urn": lambda c: _active(c)["label"].startswith("urn:c2pa:"),
    "review_ratings_datasource": lambda c: not any(
        v.get("reviewRatings") and str((v.get("dataSource") or {}).get("type")).startswith("humanEntry.") for v in _values(c)),
    "ingredient_v3_no_active_manifest": lambda c: not any(
        i.get("activeManifest") is None and i.get("validationResults") is not None for i in _ingredients(c)),
    "ingredient_v3_mandatory_validation_results": lambda c: not any(
        i.get("activeManifest") is not None and i.get("validationResults") is None for i in _ingredients(c)),
    "ingredient_relationship_values": lambda c: {i["relationship"] for i in _ingredients(c)} <= {"parentOf", "inputTo", "componentOf"},
    "mandatory_dst_for_created_action": lambda c: all(
        a.get("digitalSourceType") for a in _actions(c) if a["action"] == "c2pa.created"),
    "no_deprecated_claim_fields": lambda c: _claim(c).get("specVersion") is None,
    "ingredient_v3_choice": lambda c: not any(
        i.get("activeManifest") is not None and i.get("digitalSourceType") is not None for i in _ingredients(c)),
    "alternative_content_representation_choice": lambda c: all(_preserved(v) for v in _values(c)),
    "forbidden_labels_in_external_references": lambda c: not any(
        k in FORBIDDEN_EXTERNAL or k.startswith(("c2pa.hash", "c2pa.ingredient")) for k in _external_labels(c)),
    "no_url_in_hashes": lambda c: not any(
        (_active(c)["assertions"].get(k) or {}).get("url") for k in ("c2pa.hash.data", "c2pa.hash.bmff.v3")),
    "all_actions_included_opened": lambda c: not (
        len(_actions(c)) == 1 and _actions(c)[0]["action"] == "c2pa.opened"
        and _active(c)["assertions"]["c2pa.actions.v2"].get("allActionsIncluded") is not True),
    "opened_action_ingredient_reference": lambda c: all(
        len((a.get("parameters") or {}).get("ingredients") or ()) == 1 for a in _actions(c) if a["action"] == "c2pa.opened"),
    "no_box_hash_for_tiff": lambda c: not (
        "c2pa.hash.boxes" in _active(c)["assertions"]
        and (_active(c)["assertions"].get("c2pa.asset-type.v2") or {}).get("dc:format") in ("image/tiff", "image/x-adobe-dng")),
}
