"""FLUX.2 [klein]: text to image, editing and several references in one network of four steps. Source: diffusers' pipeline.

Layout of a sequence: text tokens, picture tokens, then the tokens of each reference at its own place on the time axis.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline, compute_empirical_mu

from cavendish.catalog.weights import Weights
from cavendish.engines.diffusers.adapters import Adapters
from cavendish.engines.diffusers.cache import TensorCache
from cavendish.engines.diffusers.encoders import TruncatedEncoder
from cavendish.engines.diffusers.family import Brief, Condition, generator, guided
from cavendish.engines.diffusers.memory import Place, relieved
from cavendish.engines.diffusers.speaking import Speaker
from cavendish.engines.diffusers.tensors import digest, from_pixels, limited, to_sigmas
from cavendish.errors import Unsupported
from cavendish.types import Pixels, Size

REFERENCE_PIXELS = 1024 * 1024  # the pipeline's own limit per reference
TEXT_TOKENS = 512               # every prompt is padded to this, unmasked: it is how the network was trained
TEXT_LAYERS = (9, 18, 27)


class Klein:
    """FLUX.2 [klein] 4B or 9B, distilled or base, from the parts of a loaded Flux2KleinPipeline."""

    def __init__(self, pipe: Flux2KleinPipeline, facts: Weights, place: Place, *,
                 text_layers: tuple[int, ...] = TEXT_LAYERS) -> None:
        self.facts = facts if pipe.config.is_distilled else replace(facts, steps=50, guidance=4.0, reads_guidance=True)
        self.device = place.device
        self._encoder = TruncatedEncoder.of(pipe.text_encoder, pipe.tokenizer, text_layers)
        self._transformer, self._vae, self._scheduler = pipe.transformer, pipe.vae, pipe.scheduler
        self._speaker = Speaker.of(pipe.text_encoder, pipe.tokenizer) if place.speaks else None
        encoder = pipe.text_encoder if place.speaks else self._encoder.model  # the whole one, for its last layers and its head
        place.quicken(pipe.transformer)
        self._stages = place.stages({"text_encoder": encoder, "transformer": pipe.transformer, "vae": pipe.vae})
        self._cache = TensorCache(place.cache_bytes)
        self._dtype = place.dtype
        self._adapters = Adapters(pipe, place.adapters)
        self._channels = pipe.transformer.config.in_channels

    def say(self, system: str, user: str, stopped: threading.Event) -> tuple[str, int]:
        """Answer by the text encoder, which is a language model. Raises Unsupported where only what draws was loaded."""
        if self._speaker is None:
            raise Unsupported(f"{self.facts.name} was loaded to draw, not to speak", hint="set CAVENDISH_LLM_LOCAL=on")
        with self._stages.working("text_encoder"):
            return self._speaker.say(system, user, stopped)

    def condition(self, brief: Brief) -> Condition:
        size = brief.size
        tensors = {"text": self._text(brief.prompt), "ids": _grid_ids(size, self.facts.patch, 0, self.device)}
        references = [self._reference(p, d) for p, d in zip(brief.references, brief.reference_digests, strict=True)]
        if references:
            tensors["references"] = torch.cat([tokens for tokens, _ in references])
            places = [_grid_ids(place, self.facts.patch, 10 * (n + 1), self.device) for n, (_, place) in enumerate(references)]
            tensors["ids"] = torch.cat([tensors["ids"], *places])
        guidance = brief.guidance if self.facts.reads_guidance else 1.0
        if guidance > 1:
            tensors["negative"] = self._text(brief.negative)
        shape = ("klein", size, tuple(place for _, place in references), guidance > 1, brief.adapters)
        return Condition(shape=shape, size=size, tensors=tensors, guidance=guidance, adapters=brief.adapters)

    def noise(self, size: Size, seed: int) -> torch.Tensor:
        rows, columns = size.height // self.facts.patch, size.width // self.facts.patch
        drawn = torch.randn((self._channels, rows, columns), generator=generator(seed))
        return drawn.flatten(1).T.contiguous().to(self.device)

    def encode(self, pixels: Pixels) -> torch.Tensor:
        picture = from_pixels(pixels).to(self.device, self._dtype) * 2 - 1
        with self._stages.working("vae"):
            latents = Flux2KleinPipeline._patchify_latents(self._vae.encode(picture[None]).latent_dist.mode())
            mean, deviation = self._statistics()
        return ((latents - mean) / deviation)[0].flatten(1).T.float()

    def sigmas(self, size: Size, steps: int) -> tuple[float, ...]:
        tokens = size.pixels // self.facts.patch**2
        levels = np.linspace(1.0, 1 / steps, steps).tolist()
        return to_sigmas(self._scheduler, levels, compute_empirical_mu(image_seq_len=tokens, num_steps=steps))

    def velocity(self, latents: torch.Tensor, sigmas: torch.Tensor, _after: torch.Tensor,
                 conditions: Sequence[Condition]) -> torch.Tensor:
        self._adapters.put_on(conditions[0].adapters)
        words = self._predict(latents, sigmas, conditions, "text")
        if "negative" not in conditions[0].tensors:
            return words
        scale = torch.tensor([c.guidance for c in conditions], device=self.device)[:, None, None]
        return guided(words, self._predict(latents, sigmas, conditions, "negative"), scale)

    def decode(self, latents: torch.Tensor, size: Size) -> torch.Tensor:
        rows, columns = size.height // self.facts.patch, size.width // self.facts.patch
        grid = latents.T.reshape(1, -1, rows, columns).to(self._dtype)
        with self._stages.working("vae"):
            mean, deviation = self._statistics()
            picture = self._vae.decode(Flux2KleinPipeline._unpatchify_latents(grid * deviation + mean), return_dict=False)[0]
        return (picture[0].permute(1, 2, 0).float() / 2 + 0.5).clamp(0, 1)

    def relieve(self) -> bool:
        return relieved(self._vae, self._cache)

    def _predict(self, latents: torch.Tensor, sigmas: torch.Tensor, conditions: Sequence[Condition],
                 words: str) -> torch.Tensor:
        dtype, first = self._dtype, conditions[0].tensors
        text = torch.stack([c.tensors[words] for c in conditions]).to(dtype)
        sequence = latents.to(dtype)
        if "references" in first:
            sequence = torch.cat([sequence, torch.stack([c.tensors["references"] for c in conditions]).to(dtype)], dim=1)
        with self._stages.working("transformer"):
            velocity = self._transformer(
                hidden_states=sequence, timestep=sigmas.to(dtype), guidance=None, encoder_hidden_states=text,
                txt_ids=_text_ids(text.shape[1], self.device), img_ids=first["ids"], return_dict=False)[0]
        return velocity[:, :latents.shape[1]].float()

    def _text(self, prompt: str) -> torch.Tensor:
        def encode() -> torch.Tensor:
            with self._stages.working("text_encoder"):
                return self._encoder.encode(prompt, self.device, TEXT_TOKENS)[0]

        return self._cache.get(f"text:{digest(prompt)}", encode)

    def _reference(self, pixels: Pixels, name: str) -> tuple[torch.Tensor, Size]:
        fitted = limited(pixels, REFERENCE_PIXELS, self.facts.patch)
        return self._cache.get(f"picture:{name}:{fitted.size}", lambda: self.encode(fitted)), fitted.size

    def _statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        norm = self._vae.bn
        deviation = torch.sqrt(norm.running_var + self._vae.config.batch_norm_eps)
        return norm.running_mean.view(1, -1, 1, 1).to(self._dtype), deviation.view(1, -1, 1, 1).to(self._dtype)


def _grid_ids(size: Size, patch: int, time: int, device: torch.device) -> torch.Tensor:
    """Places (tokens, 4) of a picture: time, row, column, layer."""
    rows, columns = torch.arange(size.height // patch), torch.arange(size.width // patch)
    return torch.cartesian_prod(torch.tensor([time]), rows, columns, torch.arange(1)).to(device)


def _text_ids(tokens: int, device: torch.device) -> torch.Tensor:
    one = torch.arange(1)
    return torch.cartesian_prod(one, one, one, torch.arange(tokens)).to(device)
