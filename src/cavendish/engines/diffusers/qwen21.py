"""Qwen-Image-2.1 and its Turbo: one causal network that draws and edits, with up to ten references and an alpha channel.

Source: diffusers' QwenImage21Pipeline. Words and references come before the picture and never look at it, so their keys and
values are the same at every step: they are computed once for a brief, and each step works on the picture's own tokens.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from diffusers.models.transformers.transformer_qwenimage21 import QwenImage21KVCache
from diffusers.pipelines.qwenimage21.pipeline_qwenimage21 import calculate_shift
from PIL import Image

from cavendish.catalog.weights import Weights
from cavendish.engines.diffusers.adapters import Adapters
from cavendish.engines.diffusers.cache import TensorCache
from cavendish.engines.diffusers.family import Brief, Condition, generator
from cavendish.engines.diffusers.memory import Place, relieved
from cavendish.engines.diffusers.tensors import area_size, digest, from_pixels, shift_of, to_sigmas
from cavendish.imaging.raster import view, with_channels
from cavendish.imaging.resize import scale
from cavendish.types import Pixels, Size

REFERENCE_PIXELS = 1024 * 1024
_CHANNELS = 4            # the VAE reads and writes alpha
_SLOT = 4                # tokens that one place of the encoder's pictures stands for
_PLACE = "<|vision_start|><|image_pad|><|vision_end|>"
_TRANSPARENT = ("This is an RGBA image with transparency. {} "
                "The image has alpha channel and the background is transparent.")  # the model card's own words


class QwenImage21:
    """Qwen-Image-2.1 from the parts of a loaded QwenImage21Pipeline."""

    def __init__(self, pipe: Any, facts: Weights, place: Place) -> None:  # noqa: ANN401  a diffusers pipeline
        self._levels: list[float] = list(pipe.config.sample_sigmas or ())
        self.facts = replace(facts, steps=len(self._levels)) if self._levels else facts
        self.device = place.device
        self._pipe, self._vae, self._scheduler = pipe, pipe.vae, pipe.scheduler
        self._stages = place.stages({"text_encoder": pipe.text_encoder.model, "transformer": pipe.transformer,
                                     "vae": pipe.vae})
        self._cache = TensorCache(place.cache_bytes)
        self._dtype = place.dtype
        self._adapters = Adapters(pipe, place.adapters)
        self._channels = pipe.transformer.config.in_channels

    def condition(self, brief: Brief) -> Condition:
        places = tuple(area_size(p.size, REFERENCE_PIXELS, self.facts.sides) for p in brief.references)
        pictures = [scale(with_channels(p, _CHANNELS), size) for p, size in zip(brief.references, places, strict=True)]
        text, slots = self._text(_TRANSPARENT.format(brief.prompt) if brief.transparent else brief.prompt, pictures, brief)
        named = zip(brief.reference_digests, pictures, strict=True)
        latents = [self._cache.get(f"picture:{name}:{p.size}", lambda p=p: self.encode(p)) for name, p in named]  # type: ignore[misc]
        grids = [self._grid(size) for size in places]
        tensors: dict[str, Any] = {"text": text, "slots": slots, "grids": grids,
                                   "references": torch.cat(latents) if latents else text.new_zeros(0, self._channels)}
        self._adapters.put_on(brief.adapters)
        tensors["prefix"] = self._prefix(tensors)
        shape = (self.facts.id, brief.size, places, len(text), brief.adapters)
        return Condition(shape=shape, size=brief.size, tensors=tensors, adapters=brief.adapters)

    def noise(self, size: Size, seed: int) -> torch.Tensor:
        _, rows, columns = self._grid(size)
        drawn = torch.randn((self._channels, rows, columns), generator=generator(seed))
        return drawn.flatten(1).T.contiguous().to(self.device)

    def encode(self, pixels: Pixels) -> torch.Tensor:
        picture = from_pixels(pixels, _CHANNELS).to(self.device, self._dtype) * 2 - 1
        with self._stages.working("vae"):
            latents = self._vae.encode(picture[None, :, None]).latent_dist.mode()
        mean, deviation = self._statistics()
        return ((latents - mean) / deviation)[0, :, 0].flatten(1).T.float()

    def sigmas(self, size: Size, steps: int) -> tuple[float, ...]:
        levels = self._levels if steps == len(self._levels) else np.linspace(1.0, 1 / steps, steps).tolist()
        mu = shift_of(self._scheduler, size.pixels // self.facts.patch**2, calculate_shift)
        return to_sigmas(self._scheduler, levels, mu)

    def velocity(self, latents: torch.Tensor, sigmas: torch.Tensor, _after: torch.Tensor,
                 conditions: Sequence[Condition]) -> torch.Tensor:
        first = conditions[0]
        self._adapters.put_on(first.adapters)
        cache = _together([c.tensors["prefix"] for c in conditions])
        return self._predict(latents, sigmas, [c.tensors for c in conditions], self._grid(first.size), (cache, "cached"))

    def decode(self, latents: torch.Tensor, size: Size) -> torch.Tensor:
        grid = latents.T.reshape(1, -1, *self._grid(size)).to(self._dtype)
        mean, deviation = self._statistics()
        with self._stages.working("vae"):
            picture = self._vae.decode(grid * deviation + mean, return_dict=False)[0][0, :, 0]
        return (picture.permute(1, 2, 0).float() / 2 + 0.5).clamp(0, 1)

    def relieve(self) -> bool:
        return relieved(self._vae, self._cache)

    def _prefix(self, tensors: dict[str, Any]) -> QwenImage21KVCache:
        """Keys and values of words and references. The smallest picture stands behind them; they do not look at it."""
        cache = QwenImage21KVCache(len(self._pipe.transformer.transformer_blocks))
        picture = torch.zeros(1, _SLOT, self._channels, device=self.device)
        self._predict(picture, torch.ones(1, device=self.device), [tensors], (1, 2, 2), (cache, "extract"))
        return cache

    def _predict(self, latents: torch.Tensor, sigmas: torch.Tensor, tensors: Sequence[dict[str, Any]],
                 grid: tuple[int, int, int], cache: tuple[QwenImage21KVCache, str]) -> torch.Tensor:
        dtype, first = self._dtype, tensors[0]
        references = torch.stack([t["references"] for t in tensors])
        text = torch.stack([t["text"] for t in tensors]).to(dtype)
        picture = torch.ones(latents.shape[1] // _SLOT, dtype=torch.bool, device=self.device)
        slots = torch.cat([first["slots"], picture]).expand(len(tensors), -1)
        with self._stages.working("transformer") as network:
            velocity = network(
                hidden_states=torch.cat([references, latents], dim=1).to(dtype), timestep=sigmas.to(dtype),
                encoder_hidden_states=text, img_shapes=[[*first["grids"], grid]] * len(tensors), img_mask=slots,
                kv_cache=cache[0], kv_cache_mode=cache[1], return_dict=False)[0]
        return velocity[:, -latents.shape[1]:].float()

    def _text(self, prompt: str, pictures: list[Pixels], brief: Brief) -> tuple[torch.Tensor, ...]:
        name = f"text:{digest(prompt)}:{':'.join(brief.reference_digests)}"
        return self._cache.get(name, lambda: self._encoded(prompt, pictures))

    def _encoded(self, prompt: str, pictures: list[Pixels]) -> tuple[torch.Tensor, ...]:
        """Return (tokens, width), the last layer's states before its norm, and which tokens are places of pictures."""
        pipe = self._pipe
        shown = " ".join(f"<image{n}>{_PLACE}" for n in range(1, len(pictures) + 1))
        template = pipe.prompt_template_ti2i.replace(f"<image1>{_PLACE}", shown) if pictures else pipe.prompt_template_t2i
        seen = {"images": [Image.fromarray(view(with_channels(p, 3))) for p in pictures]} if pictures else {}
        inputs = pipe.processor(text=[template.format(prompt)], padding=True, padding_side="left", return_tensors="pt", **seen)
        wanted = ("input_ids", "attention_mask", "pixel_values", "image_grid_thw", "mm_token_type_ids")
        on_device = {name: inputs[name].to(self.device) for name in wanted if name in inputs}
        with self._stages.working("text_encoder") as encoder:
            norm = getattr(encoder, "language_model", encoder).norm
            hook = norm.register_forward_hook(lambda _module, args, _output: args[0])
            try:
                states = encoder(**on_device).last_hidden_state[0]
            finally:
                hook.remove()
        start = pipe._drop_idx
        return states[start:], (on_device["input_ids"][0] == pipe._img_token_id)[start:]

    def _grid(self, size: Size) -> tuple[int, int, int]:
        return 1, size.height // self.facts.patch, size.width // self.facts.patch

    def _statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        config, like = self._vae.config, {"device": self.device, "dtype": self._dtype}
        return (torch.tensor(config.latents_mean, **like).view(1, -1, 1, 1, 1),
                torch.tensor(config.latents_std, **like).view(1, -1, 1, 1, 1))


def _together(caches: list[QwenImage21KVCache]) -> QwenImage21KVCache:
    """One cache for a batch. Candidates of one brief share theirs without a copy."""
    if len(caches) == 1:
        return caches[0]
    joined = QwenImage21KVCache(len(caches[0].layer_caches))
    same = all(c is caches[0] for c in caches)
    for number, layer in enumerate(joined.layer_caches):
        keys, values = zip(*(c.get_layer(number).get() for c in caches[:1 if same else None]), strict=True)
        if same:
            layer.store(keys[0].expand(len(caches), -1, -1, -1), values[0].expand(len(caches), -1, -1, -1))
        else:
            layer.store(torch.cat(keys), torch.cat(values))
    return joined
