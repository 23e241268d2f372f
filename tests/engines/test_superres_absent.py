"""The super-resolution network before it is loaded, and where its libraries are missing."""

import subprocess
import sys

import pytest

from cavendish.engines.diffusers.superres import SuperResolution
from cavendish.errors import ConfigError
from cavendish.settings import read


@pytest.mark.parametrize("name", ["net.pth", "net.ckpt", "net.pt", "net"])
def test_files_that_could_run_code_are_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(ConfigError, match="safetensors"):
        SuperResolution(path)


def test_a_file_that_is_missing_is_said_at_once(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        SuperResolution(tmp_path / "net.safetensors")


@pytest.mark.parametrize("library", ["torch", "spandrel"])
def test_without_the_libraries_the_extra_is_named(tmp_path, monkeypatch, library):
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"x")
    net = SuperResolution(path)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError) as caught:
        _ = net.scale
    assert "cavendish[gpu]" in caught.value.hint


def test_naming_a_network_loads_nothing(tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"x")
    code = ("import sys, pathlib\nfrom cavendish.engines.diffusers.superres import SuperResolution\n"
            f"SuperResolution(pathlib.Path({str(path)!r}))\nprint('torch' in sys.modules)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_the_setting_names_the_file():
    assert read({"CAVENDISH_UPSCALER": "/weights/x2.safetensors"}).upscaler == "/weights/x2.safetensors"
