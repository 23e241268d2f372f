"""Speed of `flash` on a CUDA device, with full-size random weights: speed does not depend on their values.

    python bench/gpu_flash.py [--qwen] [--compile off] [--repeat 10] [--out results.json]   # needs the extra [gpu]
    python bench/gpu_flash.py --tiny                                                       # runs anywhere, measures nothing

One run prints FLUX.2 klein 4B through our engine, the plain diffusers pipeline on the same device (as it is, and with the
same compiled blocks), and the arithmetic limit at the matmul rate measured here. Times are end to end, words to encoded PNG,
and pixels become bytes on the device, for both. Compiling comes before the clock starts. With --tiny torch gets one thread:
two that wait for each other on a busy machine made the plain row ten times slower than it is.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline, Flux2Transformer2DModel
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode
from transformers import Qwen3Config, Qwen3ForCausalLM

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.engine import DiffusionEngine
from cavendish.engines.diffusers.klein import TEXT_LAYERS, Klein
from cavendish.engines.diffusers.memory import Place
from cavendish.engines.diffusers.superres import SuperResolution
from cavendish.engines.local import profile_of
from cavendish.engines.presets import PRESETS
from cavendish.imaging import codec
from cavendish.imaging.raster import wrap
from cavendish.imaging.resize import fit
from cavendish.imaging.upscale import Upscaler, enlarge
from cavendish.types import ImageRequest, Mask, OutputSpec, Pixels, Reference, ReferenceRole, Size

GOAL_S, GOAL_PER_S, GOAL_4K_S, GOAL_QWEN_S = 0.30, 4.5, 2.5, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. Seconds, but `rate` in pictures per second."""

    name: str
    p50: float = 0.0
    p95: float = 0.0
    rate: float = 0.0
    peak_gb: float = 0.0
    limit: float = 0.0  # arithmetic, at the measured matmul rate


def klein(device: torch.device, tiny: bool) -> Flux2KleinPipeline:
    """Build klein 4B with its published shapes (or toy ones) and random weights, on the device."""
    from engines.diffusers.tiny import klein_pipe, tokenizer

    if tiny:
        return klein_pipe().to(device)
    torch.set_default_dtype(torch.bfloat16)
    with device:
        encoder = Qwen3ForCausalLM(Qwen3Config(
            vocab_size=151_936, hidden_size=2560, intermediate_size=9728, num_hidden_layers=36, num_attention_heads=32,
            num_key_value_heads=8, head_dim=128))
        transformer = Flux2Transformer2DModel(in_channels=128, num_layers=5, num_single_layers=20, attention_head_dim=128,
                                              num_attention_heads=24, joint_attention_dim=7680, guidance_embeds=False)
        vae = AutoencoderKLFlux2()
    torch.set_default_dtype(torch.float32)
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15)
    pipe = Flux2KleinPipeline(scheduler=scheduler, vae=vae.eval(), text_encoder=encoder.eval(), tokenizer=tokenizer(),
                              transformer=transformer.eval(), is_distilled=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def matmul_rate(device: torch.device) -> float:
    """FLOP per second of a large bf16 product, median of 20."""
    side = 8192 if device.type == "cuda" else 512
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    times = []
    for _ in range(23):
        wait(device)
        start = time.perf_counter()
        a @ b
        wait(device)
        times.append(time.perf_counter() - start)
    return 2 * side**3 / statistics.median(times[3:])


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def flops(family: Klein, size: Size, references: int) -> float:
    """Count one picture: steps of the network and the VAE's decoding, on fake tensors' shapes."""
    from cavendish.engines.diffusers.family import Brief

    picture = noise_picture(0, Size(1024, 1024) if size.pixels > 2**16 else Size(64, 64))
    brief = Brief(prompt="a cat", size=size, references=(picture.pixels,) * references,
                  reference_digests=tuple(map(str, range(references))))
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        condition, latents = family.condition(brief), family.noise(size, 0)[None]
        before = counter.get_total_flops()
        family.velocity(latents, torch.ones(1, device=family.device), torch.zeros(1, device=family.device), [condition])
        step = counter.get_total_flops() - before
        family.decode(latents[0], size)
        return family.facts.steps * step + counter.get_total_flops() - before - step


def noise_picture(seed: int, size: Size, role: ReferenceRole = ReferenceRole.OBJECT) -> Reference:
    rows = np.random.default_rng(seed).integers(0, 255, (size.height, size.width, 3), dtype=np.uint8)
    return Reference(data=bytes([seed + 1]), role=role, pixels=wrap(rows))


def finished(pixels: Pixels, size: Size) -> bytes:
    return codec.encode(pixels if pixels.size == size else fit(pixels, size), OutputSpec()).data


def timed(work: Callable[[int], object], repeat: int) -> tuple[float, float]:
    times = []
    for number in range(repeat + 2):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    kept = sorted(times[2:])
    return statistics.median(kept), kept[min(len(kept) - 1, int(len(kept) * 0.95))]


class Bench:
    """One engine, one pipeline, one device."""

    def __init__(self, device: torch.device, options: argparse.Namespace) -> None:
        tiny = options.tiny
        self.device, self.repeat, self.tiny = device, options.repeat, tiny
        self.pipe = klein(device, tiny)
        self.plain = [self._plain("plain diffusers 1024²")]  # before blocks are compiled
        preset = next(p for p in PRESETS if p.id == ("cpu" if device.type == "cpu" else "80gb"))
        preset = replace(preset, compiled=preset.compiled and options.compile == "on", tiling=False)
        layers = (1, 2, 3) if tiny else TEXT_LAYERS
        self.family = Klein(self.pipe, weights("klein-4b"), Place(device=device, preset=preset), text_layers=layers)
        self.engine = DiffusionEngine(profile_of(self.family.facts, "bench"), self.family, max_batch=preset.max_batch)
        if preset.compiled:
            self.plain.append(self._plain("plain diffusers 1024², compiled as ours"))
        self.rate = matmul_rate(device)

    def size(self, side: int) -> Size:
        return Size(side // 16, side // 16) if self.tiny else Size(side, side)

    def _plain(self, name: str) -> Row:
        size, layers = self.size(1024), (1, 2, 3) if self.tiny else TEXT_LAYERS

        def draw(number: int) -> object:
            made = self.pipe(prompt=f"a cat w{number}", height=size.height, width=size.width, num_inference_steps=4,
                             guidance_scale=1.0, text_encoder_out_layers=layers, output_type="pt").images[0]
            rows = torch.round(made.float().permute(1, 2, 0) * 255).to(torch.uint8).cpu()
            return finished(wrap(rows.numpy()), size)

        p50, p95 = timed(draw, self.repeat)
        return Row(name=name, p50=p50, p95=p95, peak_gb=self._peak())

    def _peak(self) -> float:
        if self.device.type != "cuda":
            return 0.0
        peak = torch.cuda.max_memory_allocated() / 1e9
        torch.cuda.reset_peak_memory_stats()
        return peak

    def draw(self, request: ImageRequest) -> Pixels:
        made = next(iter(self.engine.generate(request, lambda *a, **k: None))).pixels
        assert made is not None
        return made

    def row(self, name: str, side: int, *, new_words: bool = True, **more: object) -> Row:
        size = self.size(side)
        references = more.get("references", ())

        def work(number: int) -> object:
            prompt = f"a cat w{number % 190}" if new_words else "a cat"
            request = ImageRequest(prompt=prompt, size=size, seed=number, **more)  # type: ignore[arg-type]
            return finished(self.draw(request), size)

        p50, p95 = timed(work, self.repeat)
        limit = flops(self.family, size, len(references)) / self.rate  # type: ignore[arg-type]
        return Row(name=name, p50=p50, p95=p95, limit=limit, peak_gb=self._peak())

    def crowd(self, concurrency: int) -> Row:
        """Pictures per second with so many callers, each asking again as soon as it was served."""
        size, each = self.size(1024), max(2, self.repeat // 2)

        def caller(number: int) -> None:
            for turn in range(each):
                finished(self.draw(ImageRequest(prompt=f"a mug w{number}", size=size, seed=turn)), size)

        for measured in (False, True):  # once to compile the shapes of the batches
            threads = [threading.Thread(target=caller, args=(n,)) for n in range(concurrency)]
            start = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took = time.perf_counter() - start
            if measured:
                return Row(name=f"1024², {concurrency} callers", rate=concurrency * each / took, peak_gb=self._peak())
        raise AssertionError

    def four_k(self, upscaler: Upscaler | None) -> Row:
        size, native = self.size(4096), self.size(1792)

        def work(number: int) -> object:
            drawn = self.draw(ImageRequest(prompt=f"a cat w{number}", size=native, seed=number))
            return finished(enlarge(drawn, size, upscaler), size)

        p50, p95 = timed(work, max(2, self.repeat // 2))
        return Row(name=f"4096²: 1792² + {'network x2' if upscaler else 'Lanczos'} + PNG", p50=p50, p95=p95,
                   peak_gb=self._peak())

    def run(self) -> list[Row]:
        side = self.size(1024)
        base = noise_picture(1, side, ReferenceRole.BASE)
        four = tuple(noise_picture(n, side) for n in range(4))
        marks = np.zeros((side.height, side.width, 1), dtype=np.uint8)
        marks[side.height // 4:side.height // 2, side.width // 4:side.width // 2] = 255
        mask = Mask(data=b"m", pixels=wrap(marks))
        rows = [*self.plain, self.row("1024², new words", 1024), self.row("1024², words seen before", 1024, new_words=False),
                self.row("512²", 512), self.row("2048² asked (drawn at 1792²)", 2048),
                self.row("1024², one reference", 1024, references=four[:1]),
                self.row("1024², four references", 1024, references=four),
                self.row("1024², edit", 1024, references=(base,)),
                self.row("1024², masked edit", 1024, references=(base,), mask=mask)]
        large = [self.four_k(network) for network in (None, *enlarging(self.tiny))]
        return [*rows, *(self.crowd(n) for n in (1, 4, 16)), *large]


def enlarging(tiny: bool) -> list[Upscaler]:
    """A super-resolution network of the usual small kind with random weights; none without spandrel."""
    try:
        from spandrel.architectures import Compact
    except (ImportError, RuntimeError):  # torchvision refuses a torch of another build with RuntimeError
        return []
    network = Compact.Compact(num_feat=8 if tiny else 64, num_conv=2 if tiny else 16, upscale=2)
    path = Path(tempfile.mkdtemp()) / "compact-x2.safetensors"
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)
    return [SuperResolution(path)]


def qwen_row(device: torch.device, repeat: int) -> Row:
    """Qwen-Image's 20B network alone, four steps at 1024²: the part that Lightning leaves."""
    from diffusers import QwenImageTransformer2DModel

    torch.set_default_dtype(torch.bfloat16)
    with device:
        network = QwenImageTransformer2DModel().eval()
        latents, text = torch.randn(1, 4096, 64), torch.randn(1, 64, 3584)
    torch.set_default_dtype(torch.float32)
    network.compile_repeated_blocks(fullgraph=True)

    def work(_number: int) -> None:
        with torch.inference_mode():
            for _ in range(4):
                network(hidden_states=latents, timestep=torch.ones(1, device=device, dtype=torch.bfloat16),
                        encoder_hidden_states=text, encoder_hidden_states_mask=None, img_shapes=[[(1, 64, 64)]],
                        return_dict=False)
        wait(device)

    p50, p95 = timed(work, repeat)
    return Row(name="Qwen-Image Lightning-4, network only", p50=p50, p95=p95)


def show(rows: list[Row], rate: float, device: torch.device) -> None:
    name = torch.cuda.get_device_name() if device.type == "cuda" else "this processor"
    print(f"{name}, torch {torch.__version__}, matmul {rate / 1e12:.0f} TFLOP/s in bf16\n")
    print(f"{'':40s} {'p50 s':>8s} {'p95 s':>8s} {'limit s':>8s} {'x limit':>8s} {'vs plain':>9s} {'img/s':>7s} {'GB':>6s}")
    plain = rows[0].p50
    for r in rows:
        times = f"{r.p50:8.3f} {r.p95:8.3f}" if r.p50 else f"{'':8s} {'':8s}"
        limit = f"{r.limit:8.3f} {r.p50 / r.limit:8.2f}" if r.limit else f"{'':8s} {'':8s}"
        ratio = f"{plain / r.p50:9.2f}" if r.p50 and "1024²" in r.name else f"{'':9s}"
        print(f"{r.name:40s} {times} {limit} {ratio} {r.rate or 0:7.2f} {r.peak_gb:6.1f}")
    print(f"\ngoals on an H200: 1024² <= {GOAL_S} s, 16 callers >= {GOAL_PER_S} img/s, 4096² <= {GOAL_4K_S} s, "
          f"Qwen-Image Lightning-4 <= {GOAL_QWEN_S} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="toy shapes: checks the script, measures nothing")
    parser.add_argument("--qwen", action="store_true", help="also Qwen-Image's network (41 GB)")
    parser.add_argument("--compile", choices=("on", "off"), default="on", help="off starts minutes sooner and draws slower")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not options.tiny and not torch.cuda.is_available():
        raise SystemExit("no CUDA device here: run it on one, or with --tiny to check the script")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if options.tiny:
        torch.set_num_threads(1)
    bench = Bench(device, options)
    rows = bench.run()
    bench.engine.close()
    if options.qwen:
        rows.append(qwen_row(device, options.repeat))
    show(rows, bench.rate, device)
    if options.out:
        options.out.write_text(json.dumps({"matmul_tflops": bench.rate / 1e12, "rows": [asdict(r) for r in rows]}, indent=1))


if __name__ == "__main__":
    main()
