"""`video/narration`: the script spoken, with the time of every word. A hosted voice is paid for once."""

from __future__ import annotations

from connectors.media.voice import Narration, estimate_usd_micros
from core.digest import digest_value
from generation.artifacts import ArtifactStore
from generation.budget import Budget, Paid
from generation.ports import Voice
from generation.values import PolicyVerdict, SpokenScript


def narrate(verdict: PolicyVerdict, voice: Voice, artifacts: ArtifactStore, budget: Budget) -> SpokenScript:
    """Speak the script that the policy allowed.

    Args:
        voice: the first choice with its fallbacks. When a hosted one fails, the local one's sound is taken, nothing is charged,
            and `facts["fallback"]` says why.

    Raises BudgetExceeded before anything is paid, and the voice's errors when no fallback is left.
    """
    plan = verdict.script.plan

    def speak() -> Paid:
        narration = voice.speak(plan.script, language=plan.language)
        spoken = SpokenScript(
            sound=artifacts.put(narration.wav, suffix=".wav"),
            facts=narration.facts(),
            duration_seconds=narration.duration_seconds,
            cost_usd_micros=narration.cost_usd_micros,
        )
        return Paid(spoken.model_dump_json().encode(), narration.cost_usd_micros)

    if not voice.capabilities.is_hosted:
        return SpokenScript.model_validate_json(speak().content)
    name = voice.capabilities.name
    request = digest_value([name, plan.language, plan.script])
    return SpokenScript.model_validate_json(
        budget.pay_once("narration", name, request, estimate_usd_micros(voice, plan.script, language=plan.language), speak)
    )


def narration_of(spoken: SpokenScript, artifacts: ArtifactStore) -> Narration:
    """Put the sound and its facts together again. Raises Damaged when either is not what it was."""
    return Narration.from_facts(artifacts.load(spoken.sound), spoken.facts)
