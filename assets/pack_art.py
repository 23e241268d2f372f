"""Take the drawings out of the icon set: one SVG per concept, skin tones left out, ids shortened."""

import json
import re
from pathlib import Path

TONES = ("-light", "-medium-light", "-medium", "-medium-dark", "-dark")
SET = "@iconify-json/fluent-emoji"


def build_art(modules: Path) -> dict[str, bytes]:
    """Return SVG documents by concept name, sorted."""
    icons = json.loads((modules / SET / "icons.json").read_bytes())
    bodies = {name: icon["body"] for name, icon in icons["icons"].items()}
    bodies |= {name: aliased(bodies[alias["parent"]], alias, icons["width"]) for name, alias in icons["aliases"].items()}
    toned = {name + tone for name in bodies if all(name + t in bodies for t in TONES) for tone in TONES}
    return {name: document(bodies[name], icons["width"], icons["height"]) for name in sorted(bodies.keys() - toned)}


def aliased(body: str, alias: dict, width: int) -> str:
    """The parent's drawing, mirrored when the alias says so. Other transforms do not occur in this set."""
    if set(alias) - {"parent", "hFlip", "hidden"}:
        raise SystemExit(f"the icon set uses a transform that the pack does not know: {alias}")
    return f'<g transform="translate({width} 0) scale(-1 1)">{body}</g>' if alias.get("hFlip") else body


def document(body: str, width: int, height: int) -> bytes:
    """A whole SVG file. Random ids become a, b, c, so that a shared dictionary compresses them away."""
    ids = {old: f"i{number}" for number, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', body)))}
    body = re.sub(r'\bid="([^"]+)"', lambda m: f'id="{ids[m[1]]}"', body)
    body = re.sub(r'url\(#([^)]+)\)', lambda m: f"url(#{ids[m[1]]})", body)
    body = re.sub(r'(?:xlink:)?href="#([^"]+)"', lambda m: f'xlink:href="#{ids[m[1]]}"', body)  # Skia reads no plain href
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}">{body}</svg>').encode()
