"""Targets for atheris, coverage-guided: `python fuzz_target.py NAME SEEDS -max_total_time=12`. Run by test_fuzz_intake.py.

Whatever bytes come, a target raises nothing but errors of ours. Anything else, or a decoder that crashes, ends this process.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cavendish"]):
    from cavendish.api.gemini import parse as gemini
    from cavendish.api.native import parse as native
    from cavendish.api.openai import chat, forms
    from cavendish.api.openai import parse as openai
    from cavendish.catalog.models import catalog
    from cavendish.errors import CavendishError
    from cavendish.imaging import header, intake
    from cavendish.imaging.intake import Limits
    from cavendish.types import Size

LIMITS = Limits(file_bytes=10**6, pixels=500_000, side_px=4096)
KINDS = ("application/json", "multipart/form-data; boundary=b", "multipart/form-data", "", "multipart/form-data; boundary=\"")
ROUTES = ("generations", "edits", "variations")


def pictures(data: bytes) -> None:
    """The whole gate, in this process."""
    header.is_sequence(data)
    header.has_alpha(data)
    opened = intake.open_picture(data, LIMITS)
    assert opened.channels in (3, 4)
    assert opened.size.pixels <= LIMITS.pixels


def masks(data: bytes) -> None:
    """Masks of the size they claim and of another."""
    size = header.read(data[1:]).size if data[:1] != b"\0" else Size(40, 24)
    opened = intake.open_mask(data[1:], size, data[:1] > b"\x7f", LIMITS)
    assert (opened.channels, opened.size) == (1, size)


def gemini_body(data: bytes) -> None:
    """generateContent."""
    gemini.parse(data, "flash")


def openai_body(data: bytes) -> None:
    """Images and chat, as JSON and as forms. The first two bytes choose."""
    choice = data[:1] or b"\0"
    body = forms.read(data[2:], KINDS[choice[0] % len(KINDS)])
    route = (data[1:2] or b"\0")[0] % 4
    if route == 3:
        chat.read(body, catalog())
    else:
        openai.parse(body, ROUTES[route], catalog())


def native_body(data: bytes) -> None:
    """The native API's images."""
    native.request(native.read(data))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "pictures": pictures, "masks": masks, "gemini": gemini_body, "openai": openai_body, "native": native_body}


def main() -> None:
    """Fuzz one target."""
    target = TARGETS[sys.argv.pop(1)]

    def once(data: bytes) -> None:
        try:
            target(data)
        except CavendishError as exc:
            assert exc.sentence()  # noqa: PT017  not a test: what atheris runs

    atheris.Setup([sys.argv[0], *sys.argv[1:]], once)
    atheris.Fuzz()


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(exist_ok=True)
    main()
