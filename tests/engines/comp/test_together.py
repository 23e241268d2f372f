"""The comp engine computes in its callers' places: several at once draw what each draws alone."""

from concurrent.futures import ThreadPoolExecutor

from cavendish.engines.comp.engine import CompEngine
from cavendish.types import ImageRequest, Size

PROMPTS = ("a red bicycle on a beach", 'a poster that says "HELLO WORLD"', "a bar chart of sales: A 3, B 5, C 9",
           'a sign saying "مرحبا"', "three owls under a moon, watercolor", "a woman with a dog in a park, pixel art")


def test_several_at_once_draw_what_each_draws_alone() -> None:
    engine = CompEngine()

    def drawn(prompt: str) -> list[str]:
        request = ImageRequest(prompt=prompt, size=Size(192, 192), seed=3, model="comp")
        return [p.pixels.digest() for p in engine.generate(request, lambda *_a, **_k: None) if p.pixels]

    with ThreadPoolExecutor(len(PROMPTS)) as threads:
        together = list(threads.map(drawn, PROMPTS))
    assert together == [drawn(prompt) for prompt in PROMPTS]
    assert len({digest for digests in together for digest in digests}) == len(PROMPTS)
    assert engine.profile.in_place
