"""FLUX 3 Image [klein]: text to image and editing with up to ten references, distilled to sixteen steps of a flow map.

Source: diffusers' modular blocks for the distilled FLUX.3, without the prompt upsampler, a second model of 9B: planning
words is the business of `thinking/`. The network reads the noise level that a step goes to beside the one it starts from.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers.modular_pipelines.flux3.decoders import Flux3DecodeStep
from diffusers.modular_pipelines.flux3.encoders import Flux3VaeEncoderStep
from diffusers.modular_pipelines.flux3.image_processor import Flux3ImageProcessor
from PIL import Image

from cavendish.catalog.weights import Weights
from cavendish.engines.diffusers.adapters import Adapters
from cavendish.engines.diffusers.cache import TensorCache
from cavendish.engines.diffusers.encoders import TruncatedEncoder
from cavendish.engines.diffusers.family import Brief, Condition, generator
from cavendish.engines.diffusers.memory import Place, relieved
from cavendish.engines.diffusers.tensors import digest, from_pixels, to_sigmas
from cavendish.imaging.raster import view, with_channels
from cavendish.types import Pixels, Size

TEXT_LAYERS = (4, 8, 12, 16, 20, 24, 28, 32)
TEXT_TOKENS = 8192     # at most
_TEXT_WINDOW = 80      # the padded length of words is a multiple of this: the network reads the padding too
_PLACE_SCALE = 0.5     # of rows and columns in the network's positions


class Flux3:
    """FLUX 3 klein from the components of a loaded Flux3DistilledModularPipeline."""

    def __init__(self, pipe: Any, facts: Weights, place: Place, *,  # noqa: ANN401  a modular pipeline
                 text_layers: tuple[int, ...] = TEXT_LAYERS) -> None:
        self.facts, self.device = facts, place.device
        self._transformer, self._vae, self._scheduler = pipe.transformer, pipe.vae, pipe.scheduler
        encoder = pipe.text_encoder.model.language_model
        self._encoder = TruncatedEncoder.of(encoder, pipe.tokenizer, text_layers)
        place.quicken(pipe.transformer)
        self._stages = place.stages({"text_encoder": self._encoder.model, "transformer": pipe.transformer, "vae": pipe.vae})
        self._cache = TensorCache(place.cache_bytes)
        self._dtype = place.dtype
        self._adapters = Adapters(pipe, place.adapters)
        self._channels = pipe.transformer.config.in_channels
        self._processor = Flux3ImageProcessor()

    def condition(self, brief: Brief) -> Condition:
        text = self._text(brief.prompt)
        alone = len(brief.references) == 1
        references = [self._reference(p, d, alone) for p, d in zip(brief.references, brief.reference_digests, strict=True)]
        tensors = {"text": text, "text_ids": _ids((1, 1, 1, len(text))).to(self.device),
                   "ids": self._place(brief.size, 0)}
        if references:
            tensors["references"] = torch.cat([tokens for tokens, _ in references])
            tensors["reference_ids"] = torch.cat([self._place(size, -1 - n) for n, (_, size) in enumerate(references)])
        shape = (self.facts.id, brief.size, tuple(size for _, size in references), len(text), brief.adapters)
        return Condition(shape=shape, size=brief.size, tensors=tensors, adapters=brief.adapters)

    def noise(self, size: Size, seed: int) -> torch.Tensor:
        rows, columns = size.height // self.facts.patch, size.width // self.facts.patch
        drawn = torch.randn((self._channels, rows, columns), generator=generator(seed))
        return drawn.flatten(1).T.contiguous().to(self.device)

    def encode(self, pixels: Pixels) -> torch.Tensor:
        return self._encoded(from_pixels(pixels)[None] * 2 - 1)

    def sigmas(self, size: Size, steps: int) -> tuple[float, ...]:
        return to_sigmas(self._scheduler, np.linspace(1.0, 1 / steps, steps).tolist(), 0.0)

    def velocity(self, latents: torch.Tensor, sigmas: torch.Tensor, after: torch.Tensor,
                 conditions: Sequence[Condition]) -> torch.Tensor:
        self._adapters.put_on(conditions[0].adapters)
        dtype, first = self._dtype, conditions[0].tensors
        more: dict[str, torch.Tensor] = {}
        if "references" in first:
            tokens = torch.stack([c.tensors["references"] for c in conditions]).to(dtype)
            more = {"image_cond_hidden_states": tokens, "image_cond_ids": first["reference_ids"]}
        with self._stages.working("transformer"):
            velocity = self._transformer(
                hidden_states=latents.to(dtype), encoder_hidden_states=torch.stack([c.tensors["text"] for c in conditions]),
                timestep=sigmas.to(dtype), target_timestep=after.to(dtype), img_ids=first["ids"], txt_ids=first["text_ids"],
                return_dict=False, **more)[0]
        predicted: torch.Tensor = velocity.float()
        return predicted

    def decode(self, latents: torch.Tensor, size: Size) -> torch.Tensor:
        rows, columns = size.height // self.facts.patch, size.width // self.facts.patch
        grid = latents.T.reshape(1, -1, rows, columns).to(self._dtype)
        with self._stages.working("vae"):
            mean, deviation = self._statistics()
            picture = self._vae.decode(Flux3DecodeStep._unpatchify_latents(grid * deviation + mean), return_dict=False)[0]
        return (picture[0].permute(1, 2, 0).float() / 2 + 0.5).clamp(0, 1)

    def relieve(self) -> bool:
        return relieved(self._vae, self._cache)

    def _text(self, prompt: str) -> torch.Tensor:
        return self._cache.get(f"text:{digest(prompt)}", lambda: self._read(prompt))

    def _read(self, prompt: str) -> torch.Tensor:
        """Return (tokens, layers * width). Padded places count as position 1, as in the network's training."""
        tokenizer = self._encoder.tokenizer
        words = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False,
                                              add_generation_prompt=True)
        plain = getattr(tokenizer, "tokenizer", tokenizer)
        longest = len(plain(words, truncation=True, max_length=TEXT_TOKENS)["input_ids"])
        window = min(math.ceil(longest / _TEXT_WINDOW) * _TEXT_WINDOW, TEXT_TOKENS)
        inputs = plain(words, return_tensors="pt", padding="max_length", padding_side="right", truncation=True,
                       max_length=window)
        mask = inputs["attention_mask"].to(self.device)
        places = torch.arange(window, device=self.device)[None].masked_fill(mask == 0, 1)
        with self._stages.working("text_encoder"):
            states = self._encoder.read(inputs["input_ids"].to(self.device), mask, position_ids=places)
        return states.to(self._dtype)

    def _reference(self, pixels: Pixels, name: str, alone: bool) -> tuple[torch.Tensor, Size]:
        """A single reference keeps four megapixels and every pixel; several are cut to the grid at one each."""
        picture = Image.fromarray(view(with_channels(pixels, 3)))
        fitted, _ = self._processor.preprocess(picture, resize_mode="fill" if alone else "crop")
        size = Size(fitted.shape[3], fitted.shape[2])
        return self._cache.get(f"picture:{name}:{size}:{alone}", lambda: self._encoded(fitted)), size

    def _encoded(self, picture: torch.Tensor) -> torch.Tensor:
        with self._stages.working("vae"):
            latents = self._vae.encode(picture.to(self.device, self._dtype)).latent_dist.mode()
            mean, deviation = self._statistics()
            return ((Flux3VaeEncoderStep._patchify_latents(latents) - mean) / deviation)[0].flatten(1).T.float()

    def _place(self, size: Size, layer: int) -> torch.Tensor:
        ids = _ids((1, size.height // self.facts.patch, size.width // self.facts.patch, 1))
        ids[:, 1:3] *= _PLACE_SCALE
        ids[:, 3] = layer
        return ids.to(self.device)

    def _statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        norm = self._vae.bn
        deviation = torch.sqrt(norm.running_var + self._vae.config.batch_norm_eps)
        return norm.running_mean.view(1, -1, 1, 1).to(self._dtype), deviation.view(1, -1, 1, 1).to(self._dtype)


def _ids(counts: tuple[int, int, int, int]) -> torch.Tensor:
    """Places (tokens, 4): time, row, column, layer."""
    return torch.cartesian_prod(*(torch.arange(n) for n in counts)).float()
