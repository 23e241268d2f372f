"""Text encoders as diffusion networks read them: some inner layers of a language model."""

import copy
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedEncoder:
    """The text encoder up to the last layer that is read: exact, a quarter less work, no language head."""

    model: torch.nn.Module
    tokenizer: Any
    layers: tuple[int, ...]

    @classmethod
    def of(cls, text_encoder: Any, tokenizer: Any, layers: tuple[int, ...]) -> "TruncatedEncoder":  # noqa: ANN401  transformers
        """Share the weights of a Qwen3 with or without its language head; the original is not changed."""
        model = copy.copy(getattr(text_encoder, "model", text_encoder))
        model._modules = dict(model._modules)
        model.layers = torch.nn.ModuleList(list(model.layers)[:max(layers)])
        model.norm = torch.nn.Identity()
        return cls(model=model, tokenizer=tokenizer, layers=layers)

    def encode(self, prompt: str, device: torch.device, tokens: int, *,
               thinking: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (tokens, layers * width), the outputs of the named layers side by side, and which tokens are no padding."""
        words = self.tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False,
                                                   add_generation_prompt=True, enable_thinking=thinking)
        inputs = self.tokenizer(words, return_tensors="pt", padding="max_length", truncation=True, max_length=tokens)
        mask = inputs["attention_mask"].to(device)
        return self.read(inputs["input_ids"].to(device), mask), mask[0].bool()

    def read(self, ids: torch.Tensor, mask: torch.Tensor, **more: torch.Tensor) -> torch.Tensor:
        """Return (tokens, layers * width) of one sequence of token ids (1, tokens)."""
        outputs: dict[int, torch.Tensor] = {}
        hooks = [self.model.layers[n - 1].register_forward_hook(_keeping(outputs, n)) for n in self.layers]
        try:
            self.model(input_ids=ids, attention_mask=mask, use_cache=False, **more)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.cat([outputs[n][0] for n in self.layers], dim=-1)


def _keeping(outputs: dict[int, torch.Tensor], number: int) -> Any:  # noqa: ANN401  a torch forward hook
    def keep(_module: torch.nn.Module, _args: Any, output: Any) -> None:  # noqa: ANN401
        outputs[number] = output[0] if isinstance(output, tuple) else output

    return keep
