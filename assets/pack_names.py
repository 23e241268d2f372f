"""Join concept names with emoji characters, groups, and names and keywords in many languages."""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "nl", "tr", "pl", "ru", "uk", "ar", "he", "hi", "th", "vi", "id", "ja",
             "zh", "zh-Hant", "ko")
SELECTOR = "\ufe0f"  # asks for colour; CLDR leaves it out of its keys


def build_names(modules: Path, names: Iterable[str]) -> dict[str, dict]:
    """Return facts by concept name: char, group, subgroup, label, labels and keywords by language.

    Raises SystemExit naming the concepts that no emoji could be found for.
    """
    chars = tomllib.loads((HERE / "names.toml").read_text())["chars"]
    facts = emoji_facts(modules)
    by_slug = {slug(entry["label"]): char for char, entry in facts.items()}
    words = {language: annotations(modules, language) for language in LANGUAGES}
    found = {name: chars.get(name) or by_slug.get(name, "") for name in names}
    lost = [name for name, char in found.items() if char not in facts]
    if lost:
        raise SystemExit(f"no emoji for {', '.join(lost)}: add them to names.toml")
    return {name: translated(words, facts[char], char) for name, char in found.items()}


def emoji_facts(modules: Path) -> dict[str, dict]:
    """Return char, group, subgroup, label and English tags by emoji without selectors, skin tones left out."""
    data = modules / "emojibase-data"
    names = json.loads((data / "meta" / "groups.json").read_text())
    return {
        plain(entry["emoji"]): {
            "char": plain(entry["emoji"]), "label": entry["label"], "tags": entry.get("tags", []),
            "group": names["groups"][str(entry["group"])], "subgroup": names["subgroups"][str(entry["subgroup"])]}
        for entry in json.loads((data / "en" / "data.json").read_text()) if "group" in entry}


def annotations(modules: Path, language: str) -> dict[str, dict]:
    """Return CLDR's `default` keywords and `tts` name by emoji, derived sequences included."""
    merged = {}
    for package, key in (("cldr-annotations-derived-full", "annotationsDerived"), ("cldr-annotations-full", "annotations")):
        text = (modules / package / key / language / "annotations.json").read_text()
        merged |= {plain(char): entry for char, entry in json.loads(text)[key]["annotations"].items()}
    return merged


def translated(words: dict[str, dict[str, dict]], fact: dict, char: str) -> dict:
    """Return the facts with labels and keywords by language; English keywords are CLDR's and emojibase's together."""
    labels = {language: entry[char]["tts"][0] for language, entry in words.items() if entry.get(char, {}).get("tts")}
    keywords = {language: entry[char]["default"] for language, entry in words.items() if entry.get(char, {}).get("default")}
    keywords["en"] = list(dict.fromkeys([*keywords.get("en", []), *fact["tags"]]))
    return {k: v for k, v in fact.items() if k != "tags"} | {"labels": labels, "keywords": keywords}


def plain(char: str) -> str:
    """The emoji without variation selectors."""
    return char.replace(SELECTOR, "")


def slug(label: str) -> str:
    """Spell an English label as the art set names its files: `dog face` -> `dog-face`."""
    text = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’“”]", "", text.lower().replace("&", "and"))).strip("-")
