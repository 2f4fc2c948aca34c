"""The hosted writer and voice, over real HTTP against the simulator's versions of their APIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.media.elevenlabs import ElevenLabsVoice
from connectors.media.espeak import EspeakVoice
from connectors.media.language import OpenAIWriter
from connectors.media.voice import FallbackVoice, estimate_usd_micros
from connectors.simulator.process import SimulatorControl
from connectors.simulator.simulation import ELEVENLABS_KEY, OPENAI_KEY
from core.errors import InvalidInput
from core.settings import Settings
from generation.artifacts import ArtifactStore
from generation.media.timeline import build_timeline
from generation.steps.narration import narrate, narration_of
from generation.steps.policy import judge_script
from generation.steps.script import write_script
from generation.values import Action, PolicyVerdict, TopicChoice
from tests.simulated import running_simulator
from tests.unit.generation.fakes import budget


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorControl]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as control:
        yield control


def writer(simulator: SimulatorControl, key: str = OPENAI_KEY) -> OpenAIWriter:
    return OpenAIWriter(key, base_url=f"{simulator.base_url}/openai/v1")


def test_a_hosted_script_is_paid_checked_and_used(
    simulator: SimulatorControl, choice: TopicChoice, artifacts: ArtifactStore
) -> None:
    purse = budget(artifacts)
    script = write_script(choice, writer(simulator), purse)
    assert (script.writer, script.fallback) == ("openai gpt-4o-mini", "")
    assert judge_script(script, [], artifacts).action is Action.APPROVE
    spent = purse.spent_usd_micros
    assert spent > 0
    assert write_script(choice, writer(simulator), purse) == script
    assert purse.spent_usd_micros == spent


def hosted_voice(simulator: SimulatorControl, key: str = ELEVENLABS_KEY, **options: Any) -> FallbackVoice:
    voice_id = Settings.model_fields["elevenlabs_voice"].default
    return FallbackVoice(
        [ElevenLabsVoice(key, voice_id=voice_id, base_url=f"{simulator.base_url}/elevenlabs", **options), EspeakVoice()]
    )


def billed_characters(simulator: SimulatorControl) -> int:
    """What the voice service has billed so far."""
    address = f"{simulator.base_url}/elevenlabs/v1/user/subscription"
    return int(httpx.get(address, headers={"xi-api-key": ELEVENLABS_KEY}, trust_env=False).json()["character_count"])


def short(verdict: PolicyVerdict) -> PolicyVerdict:
    plan = replace(verdict.script.plan, scenes=verdict.script.plan.scenes[:2])
    return verdict.model_copy(update={"script": verdict.script.model_copy(update={"plan": plan})})


@pytest.mark.parametrize("kind", ["cut", "garbage", "truncate", "slow", "mistimed"])
def test_a_speech_that_is_no_use_is_booked_and_bought_once(
    kind: str, simulator: SimulatorControl, verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    purse, before, brief = budget(artifacts), billed_characters(simulator), short(verdict)
    voice = hosted_voice(simulator, timeout_seconds=1.0 if kind == "slow" else 30.0)
    simulator.fault("/elevenlabs/v1/text-to-speech/", kind, count=1, seconds=1.5)
    spoken = narrate(brief, voice, artifacts, purse)
    assert spoken.facts["voice"].startswith("espeak")
    assert "elevenlabs" in spoken.facts["fallback"]
    again = narrate(brief, voice, artifacts, purse)
    assert (again.sound, again.facts["fallback"]) == (spoken.sound, spoken.facts["fallback"])
    characters = billed_characters(simulator) - before
    assert kind == "slow" or characters > 0
    assert purse.spent_usd_micros >= characters * voice.capabilities.usd_micros_per_character
    assert purse.spent_usd_micros == estimate_usd_micros(voice, brief.script.plan.script)


@pytest.mark.parametrize("kind", ["cut", "garbage", "truncate"])
def test_a_script_that_is_no_use_is_booked_and_bought_once(
    kind: str, simulator: SimulatorControl, choice: TopicChoice, artifacts: ArtifactStore
) -> None:
    purse = budget(artifacts)
    simulator.fault("/openai/v1/chat/", kind, count=1)
    script = write_script(choice, writer(simulator), purse)
    spent = purse.spent_usd_micros
    assert (script.writer, simulator.faults()[-1]["count"]) == ("local writer", 0)
    assert spent > 0
    assert write_script(choice, writer(simulator), purse) == script
    assert purse.spent_usd_micros == spent


def test_a_channel_of_another_language_is_not_given_the_words_of_a_writer_that_keeps_to_english(
    simulator: SimulatorControl, choice: TopicChoice, artifacts: ArtifactStore
) -> None:
    purse, german = budget(artifacts), choice.channel.model_copy(update={"language": "de"})
    for _ in range(2):
        with pytest.raises(InvalidInput, match="is in English, not in German"):
            write_script(choice.model_copy(update={"channel": german}), writer(simulator), purse)
        spent = purse.spent_usd_micros
    assert 0 < spent == purse.spent_usd_micros


def test_a_refused_key_costs_nothing_and_the_local_writer_writes(
    simulator: SimulatorControl, choice: TopicChoice, artifacts: ArtifactStore
) -> None:
    purse = budget(artifacts)
    script = write_script(choice, writer(simulator, "sk-wrong"), purse)
    assert (script.writer, script.fallback) == ("local writer", "OpenAI refused the key.")
    assert purse.spent_usd_micros == 0


def test_a_hosted_voice_is_timed_paid_and_kept(
    simulator: SimulatorControl, verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    purse = budget(artifacts)
    voice = hosted_voice(simulator)
    spoken = narrate(verdict, voice, artifacts, purse)
    assert spoken.facts["voice"].startswith("elevenlabs")
    assert purse.spent_usd_micros == spoken.cost_usd_micros > 0
    assert narrate(verdict, voice, artifacts, purse) == spoken
    timeline = build_timeline(verdict.script.plan, narration_of(spoken, artifacts), orientation="landscape")
    assert timeline.duration_seconds > 30


def test_the_local_voice_speaks_when_the_hosted_one_is_refused(
    simulator: SimulatorControl, verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    brief, voice = short(verdict), hosted_voice(simulator, "wrong")
    purse = budget(artifacts)
    spoken = narrate(brief, voice, artifacts, purse)
    assert spoken.facts["voice"].startswith("espeak")
    assert "refused" in spoken.facts["fallback"]
    assert purse.spent_usd_micros == 0
