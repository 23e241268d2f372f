"""The text encoder as what it was trained as: a language model. FLUX.2 [klein] reads a whole Qwen3-4B with its head.

Greedy, on the device's thread (`Batcher.ask`): while it speaks no picture takes a step. Nothing is loaded twice: the encoder
that the network reads shares these weights (encoders.py).
"""

import threading
from dataclasses import dataclass
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from cavendish.errors import Unsupported

MAX_NEW_TOKENS = 768


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A causal language model on its device, with its tokenizer."""

    model: Any
    tokenizer: Any
    limit: int = MAX_NEW_TOKENS

    @classmethod
    def of(cls, text_encoder: Any, tokenizer: Any) -> "Speaker":  # noqa: ANN401  transformers
        """Take a text encoder that has its language head. Raises Unsupported for one that has none."""
        if getattr(text_encoder, "lm_head", None) is None:
            raise Unsupported("this model's text encoder has no language head", field="llm_local",
                              hint="set CAVENDISH_LLM_URL to a chat endpoint instead, or draw with FLUX.2 klein")
        return cls(model=text_encoder, tokenizer=tokenizer)

    def say(self, system: str, user: str, stopped: threading.Event) -> tuple[str, int]:
        """Answer in words; also how many tokens that took. Ends early when `stopped` is set."""
        turns = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        words = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        inputs = self.tokenizer(words, return_tensors="pt", return_token_type_ids=False).to(self.model.device)
        pad = self.tokenizer.pad_token_id
        ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=self.limit, pad_token_id=pad, use_cache=True,
                                  temperature=None, top_p=None, top_k=None,
                                  stopping_criteria=StoppingCriteriaList([_Stopped(stopped)]))
        said = ids[0, inputs["input_ids"].shape[1]:]
        return str(self.tokenizer.decode(said, skip_special_tokens=True)), len(said)


class _Stopped(StoppingCriteria):  # type: ignore[misc]
    """Ends a generation that nobody waits for any more."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped

    def __call__(self, input_ids: torch.Tensor, _scores: Any, **_more: Any) -> torch.Tensor:  # noqa: ANN401  transformers
        return torch.full((input_ids.shape[0],), self._stopped.is_set(), device=input_ids.device)
