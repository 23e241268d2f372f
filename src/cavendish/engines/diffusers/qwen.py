"""Qwen-Image: a text-to-image network and its edit sibling, which share text encoder and VAE. Source: diffusers' pipelines.

With references the edit network draws; without, the text-to-image one. Lightning adapters make four or eight steps of fifty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import calculate_shift
from PIL import Image

from cavendish.catalog.weights import Weights
from cavendish.engines.diffusers.adapters import Adapters
from cavendish.engines.diffusers.cache import TensorCache
from cavendish.engines.diffusers.family import Brief, Condition, generator, guided
from cavendish.engines.diffusers.memory import Place, relieved
from cavendish.engines.diffusers.tensors import area_size, digest, from_pixels, pack, shift_of, to_sigmas, unpack
from cavendish.imaging.raster import view, with_channels
from cavendish.imaging.resize import scale
from cavendish.types import Pixels, Size

SEEN_PIXELS = 384 * 384        # of a reference, for the vision-language encoder
DRAWN_PIXELS = 1024 * 1024     # of a reference, for the VAE
_SIDE_MULTIPLE = 32
_NO_WORDS = " "                # what the network was guided away from when nothing was named


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """The loaded parts. `edit` and `processor` are None where only the text-to-image network is installed."""

    draw: Any                  # QwenImagePipeline
    edit: Any = None           # QwenImageEditPlusPipeline with the same text encoder and VAE


class QwenImage:
    """Qwen-Image with its edit network, from loaded pipelines."""

    def __init__(self, networks: Networks, facts: Weights, place: Place) -> None:
        self.facts = facts if networks.edit is not None else replace(facts, max_references=0, edits=False)
        self.device = place.device
        self._networks = networks
        self._vae, self._scheduler = networks.draw.vae, networks.draw.scheduler
        parts = {"text_encoder": networks.draw.text_encoder.model, "transformer": networks.draw.transformer, "vae": self._vae}
        if networks.edit is not None:
            parts["edit_transformer"] = networks.edit.transformer
        self._stages = place.stages(parts)
        self._cache = TensorCache(place.cache_bytes)
        self._dtype = place.dtype
        self._adapters = {"transformer": Adapters(networks.draw, place.adapters),
                          "edit_transformer": Adapters(networks.edit, place.adapters)}

    def condition(self, brief: Brief) -> Condition:
        tensors = {"text": self._text(brief.prompt, brief)}
        if brief.guidance > 1:
            tensors["negative"] = self._text(brief.negative or _NO_WORDS, brief)
        places: list[Size] = []
        for pixels, name in zip(brief.references, brief.reference_digests, strict=True):
            size = area_size(pixels.size, DRAWN_PIXELS, _SIDE_MULTIPLE)
            fitted = self._cache.get(f"picture:{name}:{size}", lambda p=pixels, s=size: self.encode(scale(p, s)))  # type: ignore[misc]
            tensors[f"reference{len(places)}"] = fitted
            places.append(size)
        shape = (self.facts.id, brief.size, tuple(places), brief.guidance > 1, brief.adapters)
        return Condition(shape=shape, size=brief.size, tensors=tensors, guidance=brief.guidance, adapters=brief.adapters)

    def noise(self, size: Size, seed: int) -> torch.Tensor:
        drawn = torch.randn((self._vae.config.z_dim, size.height // 8, size.width // 8), generator=generator(seed))
        return pack(drawn).to(self.device)

    def encode(self, pixels: Pixels) -> torch.Tensor:
        picture = from_pixels(pixels).to(self.device, self._dtype) * 2 - 1
        with self._stages.working("vae"):
            latents = self._vae.encode(picture[None, :, None]).latent_dist.mode()
        mean, deviation = self._statistics()
        return pack(((latents - mean) / deviation)[0, :, 0].float())

    def sigmas(self, size: Size, steps: int) -> tuple[float, ...]:
        mu = shift_of(self._scheduler, size.pixels // self.facts.patch**2, calculate_shift)
        return to_sigmas(self._scheduler, np.linspace(1.0, 1 / steps, steps).tolist(), mu)

    def velocity(self, latents: torch.Tensor, sigmas: torch.Tensor, _after: torch.Tensor,
                 conditions: Sequence[Condition]) -> torch.Tensor:
        words = self._predict(latents, sigmas, conditions, "text")
        if "negative" not in conditions[0].tensors:
            return words
        scales = torch.tensor([c.guidance for c in conditions], device=self.device)[:, None, None]
        mixed = guided(words, self._predict(latents, sigmas, conditions, "negative"), scales)
        return mixed * (words.norm(dim=-1, keepdim=True) / mixed.norm(dim=-1, keepdim=True))

    def decode(self, latents: torch.Tensor, size: Size) -> torch.Tensor:
        grid = unpack(latents, size.height // 8, size.width // 8)[None, :, None].to(self._dtype)
        mean, deviation = self._statistics()
        with self._stages.working("vae"):
            picture = self._vae.decode(grid * deviation + mean, return_dict=False)[0][0, :, 0]
        return (picture.permute(1, 2, 0).float() / 2 + 0.5).clamp(0, 1)

    def relieve(self) -> bool:
        return relieved(self._vae, self._cache)

    def _predict(self, latents: torch.Tensor, sigmas: torch.Tensor, conditions: Sequence[Condition],
                 words: str) -> torch.Tensor:
        first = conditions[0]
        places = [first.size, *first.shape[2]]  # type: ignore[index]
        name = "edit_transformer" if len(places) > 1 else "transformer"
        self._adapters[name].put_on(first.adapters)
        dtype = self._dtype
        references = [torch.stack([c.tensors[f"reference{n}"] for c in conditions]) for n in range(len(places) - 1)]
        text, mask = _padded([c.tensors[words] for c in conditions])
        shapes = [[(1, p.height // self.facts.patch, p.width // self.facts.patch) for p in places]] * len(conditions)
        with self._stages.working(name) as network:
            velocity = network(
                hidden_states=torch.cat([latents, *references], dim=1).to(dtype), timestep=sigmas.to(dtype), guidance=None,
                encoder_hidden_states=text.to(dtype), encoder_hidden_states_mask=mask, img_shapes=shapes, return_dict=False)[0]
        return velocity[:, :latents.shape[1]].float()

    def _text(self, prompt: str, brief: Brief) -> torch.Tensor:
        name = f"text:{digest(prompt)}:{':'.join(brief.reference_digests)}"
        return self._cache.get(name, lambda: self._encoded(prompt, brief.references))

    def _encoded(self, prompt: str, references: tuple[Pixels, ...]) -> torch.Tensor:
        """Return (tokens, width): the encoder's last states after the template's own words. References are seen small."""
        pipe = self._networks.edit if references else self._networks.draw
        if references:
            seen = [_picture(scale(p, area_size(p.size, SEEN_PIXELS, _SIDE_MULTIPLE))) for p in references]
            pictures = "".join(f"Picture {n}: <|vision_start|><|image_pad|><|vision_end|>" for n in range(1, len(seen) + 1))
            inputs = pipe.processor(text=[pipe.prompt_template_encode.format(pictures + prompt)], images=seen, padding=True,
                                    return_tensors="pt")
        else:
            words = pipe.prompt_template_encode.format(prompt)
            longest = pipe.tokenizer_max_length + pipe.prompt_template_encode_start_idx
            inputs = pipe.tokenizer([words], max_length=longest, padding=True, truncation=True, return_tensors="pt")
        on_device = {k: v.to(self.device) for k, v in inputs.items() if isinstance(v, torch.Tensor)}
        with self._stages.working("text_encoder") as encoder:
            states = encoder(**on_device).last_hidden_state[0]
        return states[pipe.prompt_template_encode_start_idx:]

    def _statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        config, like = self._vae.config, {"device": self.device, "dtype": self._dtype}
        return (torch.tensor(config.latents_mean, **like).view(1, -1, 1, 1, 1),
                torch.tensor(config.latents_std, **like).view(1, -1, 1, 1, 1))


def _padded(texts: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Stack texts of any length, and say which tokens are real; None when all are."""
    longest = max(len(t) for t in texts)
    stacked = torch.stack([torch.nn.functional.pad(t, (0, 0, 0, longest - len(t))) for t in texts])
    if all(len(t) == longest for t in texts):
        return stacked, None
    lengths = torch.tensor([len(t) for t in texts], device=stacked.device)
    return stacked, (torch.arange(longest, device=stacked.device) < lengths[:, None]).long()


def _picture(pixels: Pixels) -> Image.Image:
    return Image.fromarray(view(with_channels(pixels, 3)))
