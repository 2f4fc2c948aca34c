"""The policy lets good scripts through, mends what can be mended, and blocks what must not be made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.artifacts import ArtifactStore
from generation.policy.metadata import DISCLOSURE, MAX_TAGS_CHARACTERS, tags_characters
from generation.policy.terms import categories, folded, masked, scan
from generation.steps.policy import judge_script
from generation.values import Action, PastVideo, PolicyVerdict, Script, Severity
from tests.unit.generation.fakes import MOMENT, SLOT

TERMS = sorted({term for category in categories() for term in category.pattern.pattern.split("(?:")[1].split(")")[0].split("|")})
words = st.sampled_from([term for term in TERMS if term.isalpha()])
letters = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=5)


def saying(script: Script, text: str, **changes: Any) -> Script:
    """The script with another sentence in its first scene."""
    first, *rest = script.plan.scenes
    plan = replace(script.plan, scenes=(replace(first, narration=f"{first.narration} {text}"), *rest))
    return script.model_copy(update={"plan": plan, **changes})


def judged(script: Script, artifacts: ArtifactStore, past: list[PastVideo] | None = None) -> PolicyVerdict:
    return judge_script(script, past or [], artifacts)


def test_actions_and_severities_are_ordered() -> None:
    assert max(Action) is Action.BLOCK
    assert max([Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM]) is Severity.CRITICAL


def test_a_true_script_passes_unchanged(script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(script, artifacts)
    assert (verdict.action, verdict.findings, verdict.script) == (Action.APPROVE, (), script)
    assert verdict == PolicyVerdict.model_validate_json(verdict.model_dump_json())


@pytest.mark.parametrize(
    "text",
    [
        "A firefighter fights a fire.",
        "Scunthorpe is a town, and Essex a county.",
        "The classic assassin passes.",
        "An analyst of shiitake and cocktails.",
        "Suicide Squad tops the charts.",
        "The naked eye sees it.",
    ],
)
def test_harmless_words_are_not_found(text: str) -> None:
    assert scan(text) == []


@given(words, letters, letters)
def test_a_term_within_another_word_is_not_found(term: str, before: str, after: str) -> None:
    listed = {hit.term for hit in scan(f"{before}{term}{after}")}
    assert listed <= {f"{before}{term}{after}"}  # only if the longer word is itself listed


@given(words, st.sampled_from(["{}", "«{}»", "a {}, b", "{}!", "{}s", "The {}'s end", "{}\n"]), st.booleans())
def test_a_term_as_a_word_is_found_in_any_case(term: str, frame: str, is_loud: bool) -> None:
    text = frame.format(term.upper() if is_loud else term)
    assert scan(text)


@given(st.text(max_size=80))
def test_folding_keeps_every_position(text: str) -> None:
    assert len(folded(text)) == len(text)
    assert len(masked(text)) == len(text)


def test_accents_and_spelling_do_not_hide_a_term() -> None:
    assert [hit.category.name for hit in scan("PÓRN and Mass-Shooting and fúcking")] == ["violence", "adult_content", "profanity"]


@pytest.mark.parametrize("text", ["A school shooting.", "White power.", "Watch porn."])
def test_grave_terms_block(text: str, script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(saying(script, text), artifacts)
    assert verdict.action is Action.BLOCK
    assert "says" in verdict.reason


def test_slurs_are_known_by_their_digest_alone(script: Script, artifacts: ArtifactStore) -> None:
    slur = bytes.fromhex("6b696b65").decode()
    verdict = judged(saying(script, f"A {slur} said so."), artifacts)
    assert verdict.action is Action.BLOCK
    assert slur not in verdict.reason


def test_profanity_is_masked_everywhere(script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(saying(script, "What the fuck.", title="Oh Shit: Modern Warfare 4", tags=("shit", "gaming")), artifacts)
    assert verdict.action is Action.MODIFY
    assert "What the f***." in verdict.script.narration
    assert verdict.script.title == "Oh S***: Modern Warfare 4"
    assert verdict.script.plan.title == verdict.script.title
    assert verdict.script.tags == ("s***", "gaming")


def test_regulated_topics_get_their_notice(script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(saying(script, "It is about bitcoin."), artifacts)
    assert verdict.action is Action.MODIFY
    assert "not financial advice" in verdict.script.description.replace("Nothing in this video is", "not")
    assert judged(verdict.script, artifacts).action is Action.APPROVE


def test_links_are_taken_out(script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(saying(script, "Go to https://evil.example/x?y=1 or evil.com/win now."), artifacts)
    assert verdict.action is Action.MODIFY
    assert "evil" not in verdict.script.narration
    assert "Go to or now." in verdict.script.narration


@pytest.mark.parametrize(
    "change", [{"title": "Modern Warfare 4: 900M New Views in a Day"}, {"title": "Modern Warfare 4 Is 7 Times as Big"}]
)
def test_a_title_that_claims_more_than_the_data_blocks(change: dict[str, str], script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(script.model_copy(update=change), artifacts)
    assert verdict.action is Action.BLOCK
    assert "which the data does not say" in verdict.reason


@pytest.mark.parametrize("title", ["You won't believe Modern Warfare 4", "THIS IS ENORMOUS NEWS: Modern Warfare 4"])
def test_teasing_and_shouting_need_a_person(title: str, script: Script, artifacts: ArtifactStore) -> None:
    assert judged(script.model_copy(update={"title": title}), artifacts).action is Action.MANUAL_REVIEW


def test_the_disclosure_is_put_back(script: Script, artifacts: ArtifactStore) -> None:
    verdict = judged(script.model_copy(update={"description": "Just a video."}), artifacts)
    assert verdict.action is Action.MODIFY
    assert verdict.script.description.endswith(DISCLOSURE)


def test_metadata_is_cut_to_what_youtube_takes(script: Script, artifacts: ArtifactStore) -> None:
    spoilt = script.model_copy(
        update={"tags": tuple(f"a long tag {n}" for n in range(60)), "description": f"<b> {script.description}"}
    )
    verdict = judged(spoilt, artifacts)
    assert verdict.action is Action.MODIFY
    assert tags_characters(verdict.script.tags) <= MAX_TAGS_CHARACTERS
    assert "<" not in verdict.script.description


def test_a_video_told_before_is_not_made_again(script: Script, artifacts: ArtifactStore) -> None:
    kept = artifacts.put(script.model_dump_json().encode(), suffix=".json")
    past = PastVideo(
        title="Another name", published_at=MOMENT - timedelta(days=3), slot="2026-06-05|pixel-pulse.evening", script=kept
    )
    verdict = judged(script, artifacts, [past])
    assert verdict.action is Action.BLOCK
    assert "100% the narration" in verdict.reason
    assert judged(script, artifacts, [past.model_copy(update={"slot": str(SLOT)})]).action is Action.APPROVE


def test_a_repeated_title_needs_a_person_and_a_lost_script_counts_by_its_title(script: Script, artifacts: ArtifactStore) -> None:
    gone = artifacts.put(b"gone", suffix=".json")
    artifacts.path(gone).unlink()
    past = PastVideo(title=script.title.upper(), published_at=MOMENT, slot="another", script=gone)
    assert judged(script, artifacts, [past]).action is Action.MANUAL_REVIEW


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title": "مودرن وورفير"}, "The title"),
        ({"narration": "رتفع المشاهدات في يوم واحد."}, "The narration"),
        ({"headline": "ゲーム"}, "The thumbnail"),
        ({"card": "हिन्दी"}, "A picture"),
        ({"channel": "中文频道"}, "A picture"),
    ],
)
def test_letters_that_no_font_has_block_by_name(
    change: dict[str, str], where: str, script: Script, artifacts: ArtifactStore
) -> None:
    first, *rest = script.plan.scenes
    first = replace(first, narration=change.get("narration", first.narration))
    first = replace(first, visual=replace(first.visual, title=change["card"])) if "card" in change else first
    plan = replace(script.plan, scenes=(first, *rest), channel=change.get("channel", script.plan.channel))
    thumbnail = replace(script.thumbnail, headline=change.get("headline", script.thumbnail.headline))
    changed = script.model_copy(update={"plan": plan, "thumbnail": thumbnail, "title": change.get("title", script.title)})
    verdict = judge_script(changed, [], artifacts)
    writing = {"中": "Han", "ゲ": "Katakana", "ह": "Devanagari"}.get(next(iter(change.values()))[0], "Arabic")
    assert verdict.action is Action.BLOCK
    assert f"{where} holds letters of {writing}" in verdict.reason


def test_numbers_are_checked_in_the_notation_of_the_films_language(script: Script, artifacts: ArtifactStore) -> None:
    german = script.model_copy(update={"plan": replace(script.plan, language="de")})
    true, false = (german.model_copy(update={"title": f"Modern Warfare 4: {n} Millionen Aufrufe"}) for n in ("2,3", "9,7"))
    assert judge_script(true, [], artifacts).action is not Action.BLOCK
    assert "9.7 million" in judge_script(false, [], artifacts).reason
