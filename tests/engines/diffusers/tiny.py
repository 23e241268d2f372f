"""Builders of the tiny pipelines."""

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    AutoencoderKLQwenImage21,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    Flux3Transformer2DModel,
    QwenImage21Pipeline,
    QwenImage21Transformer2DModel,
    QwenImageEditPlusPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from diffusers.modular_pipelines.flux3.modular_blocks_flux3_distilled import Flux3DistilledAutoBlocks
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BatchFeature,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.memory import Place
from cavendish.engines.presets import choose

TEXT_LAYERS = (1, 2, 3)
CPU = Place(device=torch.device("cpu"), preset=choose(weights("klein-4b"), None))
_QWEN3 = Qwen3Config(vocab_size=300, hidden_size=16, intermediate_size=32, num_hidden_layers=5, num_attention_heads=2,
                     num_key_value_heads=1, head_dim=8, max_position_embeddings=1024)
_TEMPLATE = "{% for m in messages %}<s> {{ m['content'] }} {% endfor %}"


def tokenizer(words: int = 200) -> PreTrainedTokenizerFast:
    vocabulary = {"<pad>": 0, "<unk>": 1, "<s>": 2} | {f"w{i}": i + 3 for i in range(words)}
    for word in ("a", "red", "green", "mug", "cat", "on", "the", "table", "with", "text"):
        vocabulary.setdefault(word, len(vocabulary))
    for token in ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>"):
        vocabulary[token] = len(vocabulary)
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


class Processor:
    """What transformers' processor does, without its video part, which wants torchvision."""

    def __init__(self):
        self.tokenizer, self.image_processor = tokenizer(), Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=112 * 112)

    def __call__(self, text, images, padding, return_tensors):
        seen = self.image_processor(images=images, return_tensors=return_tensors)
        words = text[0]
        for grid in seen["image_grid_thw"]:
            words = words.replace("<|image_pad|>", "@" * int(grid.prod() // 4), 1)
        spoken = self.tokenizer([words.replace("@", " <|image_pad|> ")], padding=padding, return_tensors=return_tensors)
        return BatchFeature({**spoken, **seen})


def _vl_encoder() -> Qwen2_5_VLForConditionalGeneration:
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}
    words = tokenizer()
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(
        text_config={"vocab_size": 400, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 3,
                     "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 2048,
                     "rope_parameters": rope},
        vision_config={"depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
                       "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112,
                       "fullatt_block_indexes": [1]},
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        vision_start_token_id=words.convert_tokens_to_ids("<|vision_start|>"))).eval()


def qwen_pipes() -> tuple[QwenImagePipeline, QwenImageEditPlusPipeline]:
    torch.manual_seed(2)

    def network() -> QwenImageTransformer2DModel:
        return QwenImageTransformer2DModel(in_channels=64, out_channels=16, num_layers=2, attention_head_dim=16,
                                           num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(4, 6, 6)).eval()

    shared = {"scheduler": FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), "text_encoder": _vl_encoder(),
              "vae": AutoencoderKLQwenImage(base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1).eval()}
    draw = QwenImagePipeline(**shared, tokenizer=tokenizer(), transformer=network())
    edit = QwenImageEditPlusPipeline(**shared, tokenizer=draw.tokenizer, processor=Processor(), transformer=network())
    for pipe in (draw, edit):
        pipe.set_progress_bar_config(disable=True)
        pipe.prompt_template_encode, pipe.prompt_template_encode_start_idx = "<s> w1 {} w2", 1
    return draw, edit


class Processor21(Processor):
    """The same for Qwen3-VL, whose pictures have patches of 16 pixels."""

    def __init__(self):
        super().__init__()
        self.image_processor = Qwen2VLImageProcessorPil(patch_size=16, min_pixels=32 * 32, max_pixels=1024 * 1024)

    def apply_chat_template(self, messages, tokenize, return_dict):
        return [self.tokenizer(["<s> w1"])["input_ids"][0]]

    def __call__(self, text, padding, padding_side, return_tensors, images=None):
        if images is not None:
            read = super().__call__(text, images, padding, return_tensors)
            read["mm_token_type_ids"] = (read["input_ids"] == self.tokenizer.convert_tokens_to_ids("<|image_pad|>")).int()
            return read
        return BatchFeature(self.tokenizer(text, padding=padding, return_tensors=return_tensors))


def _qwen3_vl(layers: int) -> Qwen3VLForConditionalGeneration:
    words = tokenizer()
    return Qwen3VLForConditionalGeneration(Qwen3VLConfig(
        text_config={"vocab_size": 400, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": layers,
                     "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 8192,
                     "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}},
        vision_config={"depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
                       "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 64,
                       "deepstack_visual_indexes": [0, 1]},
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        vision_start_token_id=words.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=words.convert_tokens_to_ids("<|vision_end|>"))).eval()


def qwen21_pipe(sample_sigmas: list[float] | None = None) -> QwenImage21Pipeline:
    torch.manual_seed(3)
    vae = AutoencoderKLQwenImage21(base_dim=8, decoder_base_dim=8, z_dim=64, dim_mult=[1, 1, 1, 1, 1], num_res_blocks=1)
    network = QwenImage21Transformer2DModel(in_channels=64, out_channels=64, num_layers=2, attention_head_dim=16,
                                            num_attention_heads=2, context_in_dim=16, axes_dims_rope=(4, 6, 6))
    pipe = QwenImage21Pipeline(scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), vae=vae.eval(),
                               text_encoder=_qwen3_vl(3), processor=Processor21(), transformer=network.eval(),
                               sample_sigmas=sample_sigmas)
    pipe.set_progress_bar_config(disable=True)
    pipe.prompt_template_t2i = "<s> w1 {} w2"
    pipe.prompt_template_ti2i = "<s> w1 <image1><|vision_start|><|image_pad|><|vision_end|> {} w2"
    return pipe


def flux3_pipe(text_layers: tuple[int, ...] = TEXT_LAYERS):
    """The distilled blocks without the prompt upsampler, as the engine runs them."""
    torch.manual_seed(4)
    blocks = Flux3DistilledAutoBlocks()
    blocks.sub_blocks.pop("prompt_upsampler")
    pipe = blocks.init_pipeline()
    network = Flux3Transformer2DModel(num_layers=1, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
                                      joint_attention_dim=16 * len(text_layers), timestep_channels=16,
                                      axes_dims_rope=(4, 4, 4, 4), flow_map=True)
    vae = klein_pipe().vae
    words = tokenizer()
    words.tokenizer = words  # transformers' processor has one inside
    pipe.update_components(transformer=network.eval(), vae=vae, text_encoder=_qwen3_vl(max(text_layers) + 2), tokenizer=words)
    pipe.set_progress_bar_config(disable=True)
    return pipe
