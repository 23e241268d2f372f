"""`cavendish doctor`, `cavendish models`: honest about this machine."""

import json
import subprocess
from pathlib import Path

import pytest

from cavendish.catalog import pack
from cavendish.catalog.models import catalog
from cavendish.cli import doctor, exits


@pytest.fixture
def findings(cavendish, as_json):
    """Run doctor and return its findings by name."""
    return lambda *args: {f["name"]: f for f in as_json(cavendish("doctor", "--json", *args))["findings"]}


def test_a_sound_machine(cavendish):
    result = cavendish("doctor")
    assert result.exit_code == 0, result.output
    assert "Next: cavendish generate" in result.stdout
    assert [line.split()[1] for line in result.stdout.splitlines() if line[:4].strip() in ("ok", "note")] == [
        "python", "processor", "memory", "gpu", "art", "data", "disk", "database", "engines", "words", "pictures", "search", "thinking", "intake",
        "credentials", "watermark", "speed"]


def test_it_measures_by_drawing(findings, engine):
    assert "512 px comp takes" in findings()["speed"]["text"]
    assert [str(r.size) for r in engine.seen] == ["512x512", "512x512"]


def test_the_processes_that_open_input_pictures_are_tried(findings, monkeypatch):
    assert (findings()["intake"]["state"], "INTAKE_WORKERS=0" in findings()["intake"]["text"]) == ("note", True)
    monkeypatch.setenv("CAVENDISH_INTAKE_WORKERS", "2")
    assert "2 processes open input pictures, with limits of" in findings()["intake"]["text"]


def test_it_says_who_signs_and_what_that_is_worth(findings, monkeypatch):
    found = findings()
    assert (found["credentials"]["state"], found["watermark"]["state"]) == ("note", "note")  # self-made, and off in these tests
    assert "untrusted" in found["credentials"]["fix"]
    assert "org.cavendish." in findings_with(findings, monkeypatch, "CAVENDISH_WATERMARK", "on")["watermark"]["text"]
    assert "not signed" in findings_with(findings, monkeypatch, "CAVENDISH_CREDENTIALS", "off")["credentials"]["text"]


def findings_with(findings, monkeypatch, name: str, value: str):
    monkeypatch.setenv(name, value)
    return findings()


def test_engines_that_are_not_here_are_named(findings):
    assert findings()["engines"]["text"] == "fake (revision 1); not installed: flash, pro"


def test_a_folder_that_cannot_be_written(cavendish):
    Path("file").write_text("x")
    result = cavendish("doctor", "--data", "file/data")
    assert result.exit_code == exits.CONFIG
    assert "cannot be written" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Next: choose another folder with --data")


def test_an_installation_without_art_says_so(findings, monkeypatch):
    monkeypatch.setattr(pack, "present", lambda: False)
    assert (findings()["art"]["state"], "labelled cards" in findings()["art"]["fix"]) == ("note", True)


def _gpu(monkeypatch, **run) -> doctor.Finding:
    def fake_run(*_args, **_more):
        if "error" in run:
            raise run["error"]
        return subprocess.CompletedProcess((), 0, stdout=run["out"])

    monkeypatch.setattr(doctor.shutil, "which", lambda _: "/usr/bin/nvidia-smi" if run else None)
    monkeypatch.setattr(doctor.subprocess, "run", fake_run)
    return doctor._gpu()


@pytest.mark.parametrize(("run", "state", "words"), [
    ({}, "ok", "none found"),
    ({"out": "NVIDIA L4, 23034, 580.1\n"}, "ok", "NVIDIA L4, 22 GiB, driver 580.1"),
    ({"error": subprocess.TimeoutExpired("nvidia-smi", 10)}, "note", "nvidia-smi failed"),
])
def test_gpus(monkeypatch, run, state, words):
    finding = _gpu(monkeypatch, **run)
    assert finding.state == state
    assert words in finding.text


def test_models_lists_every_card_and_who_serves_it(cavendish, as_json):
    rows = as_json(cavendish("models", "--json"))["models"]
    assert [r["id"] for r in rows] == [card.id for card in catalog().cards]
    assert {r["served_by"] for r in rows} == {"comp"}
    pro = next(r for r in rows if r["id"] == "gemini-3-pro-image")
    assert (pro["sizes"], len(pro["ratios"])) == (["1K", "2K", "4K"], 10)


def test_models_as_a_table_cuts_nothing(cavendish):
    table = cavendish("models").stdout
    assert "…" not in table
    assert all(card.id in table for card in catalog().cards)


def test_models_without_engines(cavendish):
    from click.testing import CliRunner

    from cavendish.cli import cli

    rows = json.loads(CliRunner().invoke(cli, ["models", "--json"], obj={}).stdout)["models"]
    assert {r["served_by"] for r in rows} == {None}


def test_a_gpu_is_told_which_weights_would_fit(cavendish, as_json, tmp_path, monkeypatch):
    tools = tmp_path / "bin"
    tools.mkdir()
    smi = tools / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'NVIDIA RTX 4090, 24564, 550.1'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    found = {f["name"]: f for f in as_json(cavendish("doctor", "--json"))["findings"]}
    assert found["flash"]["text"].startswith("not pulled; here it would be FLUX.2 [klein] 4B, preset 24gb: bf16, about 1 s")
    assert "cavendish models pull flash" in found["flash"]["fix"]
    assert "preset 24gb-fp8" in found["pro"]["text"]


def test_it_says_what_plans_and_checks(findings, monkeypatch):
    assert "rules alone" in findings()["thinking"]["text"]
    assert "RapidOCR reads quoted text back" in findings()["thinking"]["text"]
    monkeypatch.setenv("CAVENDISH_LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("CAVENDISH_LLM_KEY", "sk-not-to-be-shown")
    monkeypatch.setenv("CAVENDISH_LLM_MODEL", "qwen3")
    text = findings()["thinking"]["text"]
    assert "qwen3 at 127.0.0.1 plans and sees no pictures" in text
    assert "sk-not" not in text
    monkeypatch.setattr("cavendish.thinking.ocr.installed", lambda: False)
    assert "cavendish[ocr]" in findings()["thinking"]["fix"]


def test_it_says_who_looks_facts_up_and_what_of_a_catalog_is_not_read(findings, monkeypatch, tmp_path):
    assert "nothing is searched" in findings()["search"]["text"]
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "p.csv").write_text("name\nRed mug\n")
    (tmp_path / "shop" / "wide.csv").write_text("c," * 300 + "\n")
    found = findings_with(findings, monkeypatch, "CAVENDISH_CATALOG", str(tmp_path / "shop"))["search"]
    assert "with 1 rows" in found["text"]
    assert (found["state"], "wide.csv has 301 columns" in found["fix"]) == ("note", True)
