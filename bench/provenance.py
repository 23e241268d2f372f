"""What provenance costs: the finish of one picture with and without watermark and signature, per format, at 1K and 4K.

    python bench/provenance.py [--runs 5] [--sizes 1024,4096] [--formats png,jpeg,webp,avif,tiff]

Prints tables, never a timed test. Signing stands beside c2pa-python as it comes: thumbnails on, verified again after signing.
`verify` is measured on a file of ours (known by its hash), on a copy without metadata (known by its watermark) and on a picture
that says nothing, which is the longest search.
"""

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import c2pa
import cv2
import numpy as np
from PIL import Image

from cavendish.app import build
from cavendish.engines.base import EngineProfile
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.finish import FinishSpec, Provenance, finish
from cavendish.imaging.raster import wrap
from cavendish.settings import Settings
from cavendish.trust import certificates
from cavendish.trust.credentials import Credentials
from cavendish.trust.credentials_claim import Claim
from cavendish.trust.labels import ALGORITHMIC
from cavendish.trust.watermark import Watermarker, spread
from cavendish.types import Asset, ImageRequest, OutputSpec, Picture, Pixels, Size
from cavendish.work.run import Stop


def photo(side: int, seed: int = 1) -> Pixels:
    """Shapes and texture at every scale."""
    noise = np.random.default_rng(seed)
    layers = [noise.normal(0, 128 / n ** 0.5, (n, n, 3)).astype(np.float32) for n in (4, 16, 64, 256)]
    rows = sum(cv2.resize(layer, (side, side), interpolation=cv2.INTER_CUBIC) for layer in layers) + 128
    return wrap((rows + noise.normal(0, 3, (side, side, 3))).clip(0, 255).astype(np.uint8))


def cpu_ms(work: Callable[[], object], runs: int) -> float:
    """Least CPU time of the process, all its threads, after one run that is not counted: other programs hardly change it."""
    work()
    taken = []
    for _ in range(runs):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1e3)
    return min(taken)


def as_it_comes(data: bytes, mime: str, credentials: Credentials) -> int:
    """Sign with c2pa-python's defaults; return the file's size."""
    chain = credentials.chain
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(chain.alg, chain.certificates, chain.key, None))
    claim = {"claim_generator_info": [{"name": "bench"}], "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{
        "action": "c2pa.created", "digitalSourceType": ALGORITHMIC}]}}]}
    out = io.BytesIO()
    c2pa.Builder(claim, c2pa.Context(signer=signer)).sign(mime, io.BytesIO(data), out)
    return len(out.getvalue())


def costs(side: int, runs: int, credentials: Credentials, formats: list[str]) -> None:
    """Print one row per format."""
    marker, picture = spread(b"bench" * 8), Picture(seed=1, pixels=photo(side))
    marked = marker.embed(picture.pixels, 5)
    print(f"\n{side}x{side}: the watermark alone {cpu_ms(lambda: marker.embed(picture.pixels, 5), runs):.0f} ms, read again "
          f"{cpu_ms(lambda: marker.detect(marked.pixels), runs):.0f} ms, readable: {marked.readable}\n")
    print(f"{'format':<6} {'plain':>8} {'+ sign':>8} {'+ mark':>8} {'both':>8}   {'sign':>6} {'as it comes':>12} {'ratio':>6}"
          f"   {'file':>10} {'signed':>10} {'as it comes':>12}")
    for mime in formats:
        row(picture, mime, runs, credentials, marker)


def row(picture: Picture, mime: str, runs: int, credentials: Credentials, marker: Watermarker) -> None:
    """Measure one format."""
    size = picture.pixels.size
    spec = FinishSpec(request=ImageRequest(prompt="a dog", size=size, seed=1, output=OutputSpec(mime=mime)), engine=FAKE,
                      request_digest="d" * 32)

    def made(**more: object) -> Asset:
        return finish(picture, 0, replace(spec, provenance=Provenance(mark_key=b"k" * 32, **more))).asset

    kinds = ({}, {"credentials": credentials}, {"watermarker": marker}, {"credentials": credentials, "watermarker": marker})
    times = [cpu_ms(lambda more=more: made(**more), runs) for more in kinds]
    plain = made()
    claim = Claim(engine_id="fake", engine_name="Fake", revision="1", source_type=ALGORITHMIC, seed=1, request_digest="d" * 32,
                  prompt="a dog")
    ours = cpu_ms(lambda: credentials.sign(plain, claim), runs)
    theirs = cpu_ms(lambda: as_it_comes(plain.data, mime, credentials), runs)
    print(f"{mime.removeprefix('image/'):<6} " + " ".join(f"{t:8.1f}" for t in times)
          + f"   {ours:6.1f} {theirs:12.1f} {theirs / ours:5.1f}×   {len(plain.data):10,} "
            f"{len(credentials.sign(plain, claim).asset.data):10,} {as_it_comes(plain.data, mime, credentials):12,}",
          flush=True)


def looks(side: int, runs: int, folder: Path) -> None:
    """Print how long `verify` takes."""
    comp = EngineProfile(**{f: getattr(FAKE, f) for f in FAKE.__slots__} | {"id": "comp", "tuning": frozenset()})
    engine = FakeEngine(profile=comp, draw=lambda request, seed: photo(request.complete()[0].width, seed))
    with build(Settings(data=folder / str(side), intake_workers=0), {"comp": engine}) as core:
        request = ImageRequest(prompt="a dog", model="comp", size=Size(side, side), seed=1)
        ours = core.service.generate(request, Stop(60)).candidates[0].asset.data
        copy, stranger = io.BytesIO(), io.BytesIO()
        Image.open(io.BytesIO(ours)).convert("RGB").save(copy, "JPEG", quality=80)
        Image.fromarray(np.frombuffer(photo(side, 9).data, np.uint8).reshape(side, side, 3)).save(stranger, "JPEG", quality=80)
        for name, data in (("the file itself", ours), ("a copy", copy.getvalue()), ("a stranger", stranger.getvalue())):
            verdict = core.verifier.verify(data)
            took = cpu_ms(lambda data=data: core.verifier.verify(data), runs)
            print(f"{side:>5}  {name:<16} {took:8.0f} ms  {verdict.status}", flush=True)


def main() -> None:
    """Measure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--sizes", default="1024,4096")
    options.add_argument("--formats", default="png,jpeg,webp,avif,tiff")
    args = options.parse_args()
    sides = [int(s) for s in args.sizes.split(",")]
    print(f"{os.cpu_count()} cores, best of {args.runs}; CPU milliseconds and bytes")
    with tempfile.TemporaryDirectory() as name:
        credentials = Credentials(certificates.make(Path(name) / "c"))
        for side in sides:
            costs(side, args.runs, credentials, [f"image/{f}" for f in args.formats.split(",")])
        print("\nverify, with reading the file\n")
        for side in sides:
            looks(side, args.runs, Path(name))


if __name__ == "__main__":
    main()
