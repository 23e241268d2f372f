"""Tiny real pipelines: the diffusers classes with small random configs, on the CPU. No weights, no network.

Without torch nothing here is collected; `make gpu-test` makes an environment that has it.
"""

from importlib.util import find_spec

import pytest

if find_spec("torch") is None or find_spec("diffusers") is None:
    collect_ignore_glob = ["test_*.py"]
else:

    import torch

    from cavendish.catalog.weights import weights
    from cavendish.engines.diffusers.klein import Klein
    from engines.diffusers import tiny

    torch.set_num_threads(1)  # toy networks: threads that wait for each other on a busy machine take seconds where work takes none

    @pytest.fixture(scope="session")
    def klein_pipe():
        return tiny.klein_pipe()

    @pytest.fixture
    def klein(klein_pipe):
        return Klein(klein_pipe, weights("klein-4b"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)
