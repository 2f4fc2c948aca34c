"""The narration speaks the allowed words; a hosted voice is paid once, and replaced when it fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.media.elevenlabs import ElevenLabsVoice
from connectors.media.espeak import EspeakVoice
from connectors.media.voice import FallbackVoice, estimate_usd_micros
from core.errors import BudgetExceeded, Damaged, InvalidInput, Unreachable, YtempireError, billed
from generation.artifacts import ArtifactStore
from generation.steps.narration import narrate, narration_of
from generation.values import PolicyVerdict, SpokenScript
from tests.unit.generation.fakes import FakeVoice, budget


def test_a_narration_survives_the_store(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    voice = FakeVoice()
    spoken = narrate(verdict, voice, artifacts, budget(artifacts))
    assert voice.spoken == [verdict.script.narration]
    restored = SpokenScript.model_validate_json(spoken.model_dump_json())
    narration = narration_of(restored, artifacts)
    assert narration == voice.speak(verdict.script.narration, language="en")
    assert spoken.duration_seconds == pytest.approx(narration.duration_seconds)
    assert spoken.cost_usd_micros == 0


def test_a_damaged_sound_is_told(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    spoken = narrate(verdict, FakeVoice(), artifacts, budget(artifacts))
    artifacts.path(spoken.sound).write_bytes(b"RIFF")
    with pytest.raises(Damaged):
        narration_of(spoken, artifacts)


def test_a_hosted_voice_is_paid_once_for_the_same_words(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    voice, purse = FakeVoice(is_hosted=True), budget(artifacts)
    first = narrate(verdict, voice, artifacts, purse)
    assert narrate(verdict, voice, artifacts, purse) == first
    assert len(voice.spoken) == 1
    assert purse.spent_usd_micros == first.cost_usd_micros == 10 * len(verdict.script.narration)


def test_a_hosted_voice_over_the_cap_is_not_asked(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    voice = FakeVoice(is_hosted=True)
    with pytest.raises(BudgetExceeded):
        narrate(verdict, voice, artifacts, budget(artifacts, cap_usd_micros=100))
    assert voice.spoken == []


def test_the_local_voice_takes_over_for_nothing(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    hosted, purse = FakeVoice(is_hosted=True, failure=Unreachable("No answer.")), budget(artifacts)
    spoken = narrate(verdict, FallbackVoice([hosted, FakeVoice()]), artifacts, purse)
    assert "No answer." in spoken.facts["fallback"]
    assert purse.spent_usd_micros == 0
    hosted.failure = None
    assert narrate(verdict, FallbackVoice([hosted, FakeVoice()]), artifacts, purse).cost_usd_micros > 0


@pytest.mark.parametrize("failure", [Damaged("Its word times run backwards."), billed(Unreachable("No answer in time."))])
def test_each_voice_that_may_bill_is_booked_and_asked_once(
    failure: YtempireError, verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    first, second = (FakeVoice(is_hosted=True, name=name) for name in ("first", "second"))
    first.failure, purse = failure, budget(artifacts, cap_usd_micros=1_000_000)
    each = estimate_usd_micros(first, verdict.script.plan.script)
    spoken = narrate(verdict, FallbackVoice([first, second, FakeVoice()]), artifacts, purse)
    assert spoken.facts["fallback"] == f"first: {failure.message}"
    assert purse.spent_usd_micros == each + spoken.cost_usd_micros
    first.failure = None
    assert narrate(verdict, FallbackVoice([first, second, FakeVoice()]), artifacts, purse) == spoken
    assert (len(first.spoken), len(second.spoken)) == (0, 1)
    assert purse.spent_usd_micros == each + spoken.cost_usd_micros


def test_a_second_voice_that_the_cap_does_not_allow_leaves_the_local_one(
    verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    first = FakeVoice(is_hosted=True, name="first", failure=Damaged("It is silent."))
    second, each = FakeVoice(is_hosted=True, name="second"), estimate_usd_micros(first, verdict.script.plan.script)
    purse = budget(artifacts, cap_usd_micros=each + 100)
    spoken = narrate(verdict, FallbackVoice([first, second, FakeVoice()]), artifacts, purse)
    assert "first: It is silent. second: Step" in spoken.facts["fallback"]
    assert (second.spoken, spoken.cost_usd_micros, purse.spent_usd_micros) == ([], 0, each)


def test_a_voice_that_does_not_speak_the_language_is_not_asked(verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
    plan = replace(verdict.script.plan, language="de-AT")
    german = verdict.model_copy(update={"script": verdict.script.model_copy(update={"plan": plan})})
    english, any_language = FakeVoice(), FakeVoice(name="polyglot", languages=frozenset())
    with pytest.raises(InvalidInput, match="fake does not speak German"):
        narrate(german, english, artifacts, budget(artifacts))
    spoken = narrate(german, FallbackVoice([english, any_language]), artifacts, budget(artifacts))
    assert spoken.facts["fallback"] == "fake: fake does not speak German."
    assert (english.spoken, len(any_language.spoken)) == ([], 1)


def test_a_hosted_voice_is_not_paid_for_a_language_that_it_does_not_speak(
    verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    scene = replace(verdict.script.plan.scenes[0], narration="A játék ma sokat nőtt.")
    plan = replace(verdict.script.plan, language="hu", scenes=(scene,))
    hungarian = verdict.model_copy(update={"script": verdict.script.model_copy(update={"plan": plan})})
    hosted = ElevenLabsVoice("key", voice_id="v", base_url="http://127.0.0.1:9")
    spoken = narrate(hungarian, FallbackVoice([hosted, EspeakVoice()]), artifacts, budget(artifacts))
    assert (spoken.facts["voice"], spoken.facts["fallback"]) == (
        "espeak-ng hu",
        "elevenlabs v: elevenlabs v does not speak Hungarian.",
    )
