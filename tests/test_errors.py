"""The error tree is what its docstring draws, and every leaf is answered by every dialect."""

import re

import pytest
from starlette.requests import Request

from cavendish import errors
from cavendish.api.gemini.routes import answer_error as gemini
from cavendish.api.native.routes import answer_error as native
from cavendish.api.openai.routes import answer_error as openai
from cavendish.errors import CavendishError, UnknownModel, leaves

LEAVES = sorted(set(leaves()), key=lambda k: k.__name__)
DIALECTS = {"gemini": (gemini, "/v1beta/models/x:generateContent"), "openai": (openai, "/v1/images/generations"),
            "native": (native, "/api/v1/images")}


def _example(kind: type[CavendishError]) -> CavendishError:
    return kind("a-model", hint="do this") if kind is UnknownModel else kind("it went wrong", hint="do this")


def test_the_docstring_draws_the_tree() -> None:
    drawn = dict(re.findall(r"[├└]─ (\w+) +([a-z_]+) +(?:yes|no)", errors.__doc__ or ""))
    assert drawn == {k.__name__: k.code for k in LEAVES}


def test_retryable_is_as_drawn() -> None:
    drawn = dict(re.findall(r"[├└]─ (\w+) +[a-z_]+ +(yes|no)", errors.__doc__ or ""))
    assert drawn == {k.__name__: "yes" if k.retryable else "no" for k in LEAVES}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", LEAVES, ids=lambda k: k.__name__)
def test_every_leaf_is_answered_by_every_dialect(kind: type[CavendishError], dialect: str) -> None:
    answer, path = DIALECTS[dialect]
    http = Request({"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b"", "server": ("h", 1),
                    "scheme": "http", "path_params": {}})
    response = answer(http, _example(kind))
    blocked_is_an_answer = dialect == "gemini" and kind is errors.Blocked
    assert (response.status_code == 200) is blocked_is_an_answer
    assert b"it went wrong" in response.body or kind in (UnknownModel, errors.InvalidKey, errors.MissingKey, errors.Blocked)


def test_a_sentence_joins_message_and_hint() -> None:
    assert errors.InvalidValue("n is 0.", hint="use 1").sentence() == "n is 0. Use 1"
