"""Z-Image and Z-Image-Turbo: text to image, and masked edits by following the source outside the mask. No references.

Source: diffusers' ZImagePipeline. Its network counts time the other way round and predicts the negative velocity.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.pipelines.z_image.pipeline_z_image import calculate_shift, get_default_z_image_sigmas

from cavendish.catalog.weights import Weights
from cavendish.engines.diffusers.adapters import Adapters
from cavendish.engines.diffusers.cache import TensorCache
from cavendish.engines.diffusers.encoders import TruncatedEncoder
from cavendish.engines.diffusers.family import Brief, Condition, generator
from cavendish.engines.diffusers.memory import Place, relieved
from cavendish.engines.diffusers.tensors import digest, from_pixels, pack, shift_of, to_sigmas, unpack
from cavendish.types import Pixels, Size

TEXT_TOKENS = 512


class ZImage:
    """Z-Image from the parts of a loaded ZImagePipeline."""

    def __init__(self, pipe: Any, facts: Weights, place: Place) -> None:  # noqa: ANN401  a diffusers pipeline
        self.facts, self.device = facts, place.device
        self._transformer, self._vae, self._scheduler = pipe.transformer, pipe.vae, pipe.scheduler
        layers = pipe.text_encoder.config.num_hidden_layers
        self._encoder = TruncatedEncoder.of(pipe.text_encoder, pipe.tokenizer, (layers - 1,))
        self._stages = place.stages({"text_encoder": self._encoder.model, "transformer": pipe.transformer, "vae": pipe.vae})
        self._cache = TensorCache(place.cache_bytes)
        self._dtype = place.dtype
        self._adapters = Adapters(pipe, place.adapters)

    def condition(self, brief: Brief) -> Condition:
        tensors = {"text": self._text(brief.prompt)}
        guidance = brief.guidance if self.facts.reads_guidance else 0.0
        if guidance > 0:
            tensors["negative"] = self._text(brief.negative)
        shape = (self.facts.id, brief.size, guidance > 0, brief.adapters)
        return Condition(shape=shape, size=brief.size, tensors=tensors, guidance=guidance, adapters=brief.adapters)

    def noise(self, size: Size, seed: int) -> torch.Tensor:
        drawn = torch.randn((self._transformer.in_channels, size.height // 8, size.width // 8), generator=generator(seed))
        return pack(drawn).to(self.device)

    def encode(self, pixels: Pixels) -> torch.Tensor:
        picture = from_pixels(pixels).to(self.device, self._dtype) * 2 - 1
        config = self._vae.config
        with self._stages.working("vae"):
            latents = self._vae.encode(picture[None]).latent_dist.mode()[0]
        return pack(((latents - config.shift_factor) * config.scaling_factor).float())

    def sigmas(self, size: Size, steps: int) -> tuple[float, ...]:
        mu = shift_of(self._scheduler, size.pixels // self.facts.patch**2, calculate_shift)
        return to_sigmas(self._scheduler, get_default_z_image_sigmas(steps), mu)

    def velocity(self, latents: torch.Tensor, sigmas: torch.Tensor, _after: torch.Tensor,
                 conditions: Sequence[Condition]) -> torch.Tensor:
        self._adapters.put_on(conditions[0].adapters)
        words = self._predict(latents, sigmas, conditions, "text")
        if "negative" not in conditions[0].tensors:
            return words
        scale = torch.tensor([c.guidance for c in conditions], device=self.device)[:, None, None]
        return words + scale * (words - self._predict(latents, sigmas, conditions, "negative"))  # this family's own convention

    def decode(self, latents: torch.Tensor, size: Size) -> torch.Tensor:
        config = self._vae.config
        grid = unpack(latents, size.height // 8, size.width // 8).to(self._dtype)
        with self._stages.working("vae"):
            picture = self._vae.decode(grid[None] / config.scaling_factor + config.shift_factor, return_dict=False)[0]
        return (picture[0].permute(1, 2, 0).float() / 2 + 0.5).clamp(0, 1)

    def relieve(self) -> bool:
        return relieved(self._vae, self._cache)

    def _predict(self, latents: torch.Tensor, sigmas: torch.Tensor, conditions: Sequence[Condition],
                 words: str) -> torch.Tensor:
        size, dtype = conditions[0].size, self._dtype
        grids = [unpack(one, size.height // 8, size.width // 8).to(dtype).unsqueeze(1) for one in latents]
        texts = [c.tensors[words].to(dtype) for c in conditions]
        with self._stages.working("transformer"):
            made = self._transformer(grids, 1 - sigmas, texts, return_dict=False)[0]
        return -torch.stack([pack(one.float().squeeze(1)) for one in made])

    def _text(self, prompt: str) -> torch.Tensor:
        def encode() -> torch.Tensor:
            with self._stages.working("text_encoder"):
                embedded, real = self._encoder.encode(prompt, self.device, TEXT_TOKENS, thinking=True)
            return embedded[real]

        return self._cache.get(f"text:{digest(prompt)}", encode)
