"""The hosted writer and voice, over real HTTP against the simulator's versions of their APIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.media.elevenlabs import ElevenLabsVoice
from connectors.media.espeak import EspeakVoice
from connectors.media.language import OpenAIWriter
from connectors.media.voice import FallbackVoice
from connectors.simulator.process import SimulatorControl
from connectors.simulator.simulation import ELEVENLABS_KEY, OPENAI_KEY
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
    voice = FallbackVoice(
        [
            ElevenLabsVoice(
                ELEVENLABS_KEY,
                voice_id=Settings.model_fields["elevenlabs_voice"].default,
                base_url=f"{simulator.base_url}/elevenlabs",
            ),
            EspeakVoice(),
        ]
    )
    spoken = narrate(verdict, voice, artifacts, purse)
    assert spoken.facts["voice"].startswith("elevenlabs")
    assert purse.spent_usd_micros == spoken.cost_usd_micros > 0
    assert narrate(verdict, voice, artifacts, purse) == spoken
    timeline = build_timeline(verdict.script.plan, narration_of(spoken, artifacts), orientation="landscape")
    assert timeline.duration_seconds > 30


def test_the_local_voice_speaks_when_the_hosted_one_is_refused(
    simulator: SimulatorControl, verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    plan = replace(verdict.script.plan, scenes=verdict.script.plan.scenes[:2])
    brief = verdict.model_copy(update={"script": verdict.script.model_copy(update={"plan": plan})})
    voice = FallbackVoice([ElevenLabsVoice("wrong", voice_id="any", base_url=f"{simulator.base_url}/elevenlabs"), EspeakVoice()])
    purse = budget(artifacts)
    spoken = narrate(brief, voice, artifacts, purse)
    assert spoken.facts["voice"].startswith("espeak")
    assert "refused" in spoken.facts["fallback"]
    assert purse.spent_usd_micros == 0
