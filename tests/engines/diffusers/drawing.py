"""The denoising loop in its shortest form, for comparing a family with its pipeline."""

from itertools import pairwise

import torch


def drawn(family, brief, seed=7, steps=4):
    with torch.inference_mode():
        condition = family.condition(brief)
        latents, sigmas = family.noise(brief.size, seed)[None], family.sigmas(brief.size, steps)
        for now, after in pairwise(sigmas):
            latents = latents + (after - now) * family.velocity(latents, torch.tensor([now]), torch.tensor([after]), [condition])
        return family.decode(latents[0], brief.size)
