"""The narration speaks the allowed words; a hosted voice is paid once, and replaced when it fails."""

from __future__ import annotations

import pytest

from connectors.media.voice import FallbackVoice
from core.errors import BudgetExceeded, Damaged, Unreachable
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
