"""Builders of the tiny pipelines."""

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM, Qwen3Model

TEXT_LAYERS = (1, 2, 3)
_QWEN3 = Qwen3Config(vocab_size=300, hidden_size=16, intermediate_size=32, num_hidden_layers=5, num_attention_heads=2,
                     num_key_value_heads=1, head_dim=8, max_position_embeddings=1024)
_TEMPLATE = "{% for m in messages %}<s> {{ m['content'] }} {% endfor %}"


def tokenizer(words: int = 200) -> PreTrainedTokenizerFast:
    vocabulary = {"<pad>": 0, "<unk>": 1, "<s>": 2} | {f"w{i}": i + 3 for i in range(words)}
    for word in ("a", "red", "green", "mug", "cat", "on", "the", "table", "with", "text"):
        vocabulary.setdefault(word, len(vocabulary))
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>")
    made.chat_template = _TEMPLATE
    return made


def klein_pipe(distilled: bool = True) -> Flux2KleinPipeline:
    torch.manual_seed(0)
    encoder = Qwen3ForCausalLM(_QWEN3)
    transformer = Flux2Transformer2DModel(
        patch_size=1, in_channels=128, num_layers=1, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16 * len(TEXT_LAYERS), timestep_guidance_channels=32, axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False)
    vae = AutoencoderKLFlux2(block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=32, norm_num_groups=4,
                             sample_size=64)
    vae.bn.running_mean.normal_()
    vae.bn.running_var.uniform_(0.5, 2.0)
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15)
    pipe = Flux2KleinPipeline(scheduler=scheduler, vae=vae.eval(), text_encoder=encoder.eval(), tokenizer=tokenizer(),
                              transformer=transformer.eval(), is_distilled=distilled)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def zimage_pipe() -> ZImagePipeline:
    torch.manual_seed(1)
    transformer = ZImageTransformer2DModel(in_channels=16, dim=32, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2,
                                           cap_feat_dim=16, axes_dims=[8, 4, 4], axes_lens=[1024, 64, 64])
    vae = AutoencoderKL(block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=16, norm_num_groups=4,
                        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
                        sample_size=64, scaling_factor=0.36, shift_factor=0.11, use_quant_conv=False,
                        use_post_quant_conv=False)
    pipe = ZImagePipeline(scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), vae=vae.eval(),
                          text_encoder=Qwen3Model(_QWEN3).eval(), tokenizer=tokenizer(), transformer=transformer.eval())
    pipe.set_progress_bar_config(disable=True)
    return pipe
