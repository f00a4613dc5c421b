"""Tiny FLUX pipelines of random weights: the real classes, about 1.6 MB, built in a moment.

`python -m tests.trainer.tiny FOLDER` builds all of them, as a worker's base folder.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
    Krea2Pipeline,
    Krea2Transformer2DModel,
)
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    Qwen2TokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLModel,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from services.trainer import upscaling
from services.trainer.offers import UPSCALERS
from services.trainer.pipelines import be_quiet

KLEIN, KLEIN_FAST, FLUX1 = "FLUX.2-klein-base-4B", "FLUX.2-klein-4B", "FLUX.1-dev"
KREA2, KREA2_FAST = "Krea-2-Raw", "Krea-2-Turbo"
SIDE = 64  # pixels of pictures that suit these models

# A recipe that makes the loss of a tiny model fall within seconds; its frozen random layers at
# both ends need an adapter too, or the loss stops falling half-way.
RECIPE = {
    "steps": 100,
    "rank": 16,
    "alpha": 16,
    "learning_rate": 1e-2,
    "warmup_steps": 5,
    "resolutions": [SIDE],
    "checkpoint_every": 25,
    "samples_per_round": 1,
    "sample_size": SIDE,
    "sample_steps": 4,
    "sample_guidance": 1.0,
    "max_sequence_length": 64,
    "min_photos": 1,
    "extra_targets": ["x_embedder", "norm_out.linear"],
}

_CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_AUTOENCODER = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (8, 8, 8, 8),
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 4,
    "sample_size": SIDE,
}
_TRANSFORMER = {
    "in_channels": 16,
    "num_layers": 1,
    "num_single_layers": 2,
    "attention_head_dim": 16,
    "num_attention_heads": 4,
}


def _bytes(*special: str) -> dict[str, int]:
    return {text: i for i, text in enumerate([*special, *sorted(ByteLevel.alphabet())])}


def _scheduler(**changes: Any) -> Any:
    return FlowMatchEulerDiscreteScheduler(
        shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15, **changes
    )


def klein(*, distilled: bool = False, seed: int = 0) -> Any:
    """A FLUX.2 klein pipeline; 28 text layers, since the pipeline reads layers 9, 18 and 27."""
    torch.manual_seed(seed)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Qwen2TokenizerFast(
        vocab=_bytes(*special),
        merges=[],
        unk_token=special[0],
        pad_token=special[0],
        eos_token=special[2],
        additional_special_tokens=special[1:],
    )
    tokenizer.chat_template = _CHAT
    text_encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=28,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
        )
    )
    transformer = Flux2Transformer2DModel(
        **_TRANSFORMER,
        joint_attention_dim=48,
        timestep_guidance_channels=32,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    return Flux2KleinPipeline(
        scheduler=_scheduler(),
        vae=AutoencoderKLFlux2(**_AUTOENCODER),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=distilled,
    )


def flux1(*, seed: int = 0) -> Any:
    """A FLUX.1 pipeline with a CLIP and a T5 encoder."""
    torch.manual_seed(seed)
    vocabulary = _bytes("<|startoftext|>", "<|endoftext|>")
    for sign in sorted(ByteLevel.alphabet()):
        vocabulary.setdefault(f"{sign}</w>", len(vocabulary))
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
    signs = "abcdefghijklmnopqrstuvwxyz0123456789.,!?-"
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), ("▁", -2.0)]
    pieces += [(sign, -3.0) for sign in signs]
    tokenizer_2 = T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=37,
            num_hidden_layers=2,
            num_attention_heads=4,
            projection_dim=32,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    text_encoder_2 = T5EncoderModel(
        T5Config(
            vocab_size=len(tokenizer_2), d_model=32, d_ff=37, d_kv=8, num_layers=2, num_heads=4
        )
    )
    transformer = FluxTransformer2DModel(
        **_TRANSFORMER,
        patch_size=1,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    return FluxPipeline(
        scheduler=_scheduler(),
        vae=AutoencoderKL(
            **_AUTOENCODER,
            use_quant_conv=False,
            use_post_quant_conv=False,
            shift_factor=0.0609,
            scaling_factor=1.5035,
        ),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        text_encoder_2=text_encoder_2,
        tokenizer_2=tokenizer_2,
        transformer=transformer,
    )


def krea2(*, distilled: bool = False, seed: int = 0) -> Any:
    """A Krea 2 pipeline; of its text encoder three layers are read."""
    torch.manual_seed(seed)
    text = {
        "vocab_size": 512,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 1, 1]},
    }
    sight = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_heads": 2,
        "out_hidden_size": 16,
        "deepstack_visual_indexes": [0],
    }
    return Krea2Pipeline(
        scheduler=_scheduler(max_image_seq_len=6400),
        vae=AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=(0.0, 0.1, 0.2, 0.3),
            latents_std=(1.0, 1.1, 1.2, 1.3),
        ),
        text_encoder=Qwen3VLModel(Qwen3VLConfig(text_config=text, vision_config=sight)),
        tokenizer=_krea2_tokenizer(),
        transformer=Krea2Transformer2DModel(
            in_channels=16,
            num_layers=2,
            attention_head_dim=16,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=96,
            timestep_embed_dim=32,
            text_hidden_dim=16,
            num_text_layers=3,
            text_num_attention_heads=2,
            text_num_key_value_heads=2,
            text_intermediate_size=32,
            num_layerwise_text_blocks=1,
            num_refiner_text_blocks=1,
            axes_dims_rope=(4, 6, 6),
        ),
        text_encoder_select_layers=(1, 2, 3),
        is_distilled=distilled,
    )


def _krea2_tokenizer() -> Any:
    """By bytes, but with the template in as many tokens as the pipeline cuts off: 34, and 5."""
    begun = (
        "system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, "
        "spatial relationships of the objects and background:"
    )
    known = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", begun[:-24], "assistant"]
    return Qwen2TokenizerFast(
        vocab=_bytes(*known),
        merges=[],
        unk_token=known[0],
        pad_token=known[0],
        eos_token=known[2],
        additional_special_tokens=known[1:],
    )


def build(folder: Path) -> Path:
    """Write all tiny bases into a folder that serves as a worker's TRAINER_BASE_DIR."""
    be_quiet()
    pipelines = {
        KLEIN: klein(),
        KLEIN_FAST: klein(distilled=True),
        FLUX1: flux1(),
        KREA2: krea2(),
        KREA2_FAST: krea2(distilled=True),
    }
    for name, pipeline in pipelines.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        pipeline.save_pretrained(folder / name)
    upscaler(folder / UPSCALERS)
    return folder


def upscaler(folder: Path) -> None:
    """Write a network of random weights that makes pictures four times larger."""
    folder.mkdir(exist_ok=True)
    torch.manual_seed(1)
    network = upscaling.Upscaler(folded=1, width=8, blocks=1, growth=4)
    save_file(network.state_dict(), folder / "tiny-x4.safetensors")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
