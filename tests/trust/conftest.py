"""A chain made once for all tests of credentials, and claims about one small picture."""


import numpy as np
import pytest

from cavendish.imaging import codec
from cavendish.imaging.raster import wrap
from cavendish.trust import certificates, labels
from cavendish.trust.credentials import Credentials
from cavendish.trust.credentials_claim import Claim, SoftBinding
from cavendish.trust.credentials_read import CredentialReader
from cavendish.types import Asset, OutputSpec


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> certificates.Chain:
    return certificates.make(tmp_path_factory.mktemp("chain") / "credentials", "Test & Söhne")


@pytest.fixture(scope="session")
def credentials(chain: certificates.Chain) -> Credentials:
    return Credentials(chain)


@pytest.fixture(scope="session")
def reader(chain: certificates.Chain) -> CredentialReader:
    return CredentialReader(chain.root)


def picture(mime: str = "image/png", seed: int = 1) -> Asset:
    rows = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return codec.encode(wrap(rows), OutputSpec(mime=mime))


def claim(**fields: object) -> Claim:
    return Claim(**({"engine_id": "comp", "engine_name": "comp", "revision": "7", "seed": 2**62, "request_digest": "ab" * 16,
                     "source_type": labels.ALGORITHMIC, "prompt": "a dog",
                     "binding": SoftBinding(alg="org.cavendish.spread.1", mark_id=0x0102030405FF)} | fields))
