"""docs/reference/openai.md names everything that the code reads and answers."""

from pathlib import Path

import pytest

from cavendish.api.openai import errors, fields

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "openai.md").read_text("utf-8")
PENALTIES = ("presence_penalty", "frequency_penalty")  # "penalties" on the page


@pytest.mark.parametrize("name", [n for n in fields.known() if n not in PENALTIES])
def test_every_field_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE or f"`{name}." in PAGE


@pytest.mark.parametrize("answer", errors.ANSWERS.values(), ids=lambda a: a.code)
def test_every_error_is_documented_with_its_status(answer: errors.Answer) -> None:
    assert any(f"`{answer.code}`" in row and row.startswith(f"| {answer.status} ") and f"`{answer.type}`" in row
               for row in PAGE.splitlines())
