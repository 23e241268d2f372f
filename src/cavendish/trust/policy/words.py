"""Policy on words: whether a request says what is refused. It never sees a picture and cannot judge meaning."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cavendish.errors import Blocked
from cavendish.trust.policy.rules import Phrases, Policy, Rule, load
from cavendish.trust.policy.spelling import Form, forms, unmasked
from cavendish.types import ImageRequest

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = "\n\n\n\n"  # wider than any gap inside a phrase: two texts never make one


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which rule matched, and the exact words of the caller that did, one for each list of the rule."""

    rule: Rule
    words: tuple[str, ...]


def check(request: ImageRequest, policy: Policy | None = None) -> None:
    """Raise Blocked when the words of a request match a rule at its thresholds.

    `request.safety` holds (category, threshold) pairs; categories without one block at high probability only. The whole
    conversation counts, as in the Gemini API, and the words to be written in the picture; an edit draws on earlier turns.
    A negative prompt names what is not wanted: only single-list rules that nothing turns off read it, apart.
    """
    policy = policy or load()
    rules = policy.applying(dict(request.safety))
    texts = (*request.history, request.prompt, request.system, *(layer.text for layer in request.text_layers))
    match = find(texts, rules, policy)
    if match is None and request.negative_prompt:
        match = find((request.negative_prompt,), [r for r in rules if r.always and len(r.all) == 1], policy)
    if match is not None:
        raise Blocked(_sentence(match), categories=(match.rule.category,), probability=match.rule.probability,
                      hint="change these words" if match.rule.always else
                      "change these words, or send safety settings that allow the category")


def find(texts: Iterable[str], rules: Sequence[Rule], policy: Policy) -> Match | None:
    """The first rule whose every list has a phrase in the texts, however it is spelled; None without one."""
    source = _BETWEEN.join(texts)
    if not rules:
        return None
    readings = list(_readings(source, policy))
    for rule in rules:
        for form, single in readings:
            spans = _spans(rule.all, form, single)
            if spans:
                return Match(rule=rule, words=tuple(source[start:end] for start, end in spans))
    return None


def _sentence(match: Match) -> str:
    words = " … ".join(match.words)
    return f"the prompt was refused by policy rule {match.rule.id} ({match.rule.category}): {words!r}"


def _readings(source: str, policy: Policy) -> Iterator[tuple[Form, bool]]:
    """Each form in which a phrase of any rule may begin, with the excused phrases blanked out."""
    for form, single in forms(source):
        excused = policy.allow.single if single else policy.allow.plain
        whole = form if single else unmasked(form, policy.vocabulary)
        for reading in (form,) if whole is form else (form, whole):
            if not policy.openings.isdisjoint(_WORD.findall(reading.text)):
                yield _blanked(reading, excused), single


def _blanked(form: Form, excused: re.Pattern[str] | None) -> Form:
    return form if excused is None else Form(excused.sub(lambda m: "0" * len(m[0]), form.text), form.origin)


def _spans(lists: Sequence[Phrases], form: Form, single: bool) -> list[tuple[int, int]]:
    """Where each list has its first phrase, in the source; [] unless all have one."""
    spans = []
    for phrases in lists:
        pattern = phrases.single if single else phrases.plain
        match = pattern.search(form.text) if pattern is not None else None
        if match is None:
            return []
        spans.append(form.span(*match.span()))
    return spans
