"""`video/narration`: the script spoken, with the time of every word. A hosted voice is paid for once."""

from __future__ import annotations

import logging

from connectors.media.voice import FallbackVoice, Narration, estimate_usd_micros
from core.digest import digest_value
from core.errors import BudgetExceeded, InvalidInput, YtempireError, billed
from core.languages import language_name, primary
from generation.artifacts import ArtifactStore
from generation.budget import Budget, Paid
from generation.ports import Voice
from generation.values import PolicyVerdict, SpokenScript

_LOG = logging.getLogger(__name__)


def narrate(verdict: PolicyVerdict, voice: Voice, artifacts: ArtifactStore, budget: Budget) -> SpokenScript:
    """Speak the script that the policy allowed.

    Args:
        voice: the first choice with its fallbacks. Each is asked, and paid, for itself: where one fails, or does not speak the
            script's language, the next one speaks, and `facts["fallback"]` says why. What a failed attempt may cost is booked,
            and a voice that was paid in vain is not asked for the same words again.

    Raises BudgetExceeded before anything is paid, and the voice's errors when no fallback is left.
    """
    failures: list[str] = []
    voices = voice.voices if isinstance(voice, FallbackVoice) else (voice,)
    for one in voices:
        try:
            spoken = _spoken(verdict, one, artifacts, budget)
        except YtempireError as error:
            if one is voices[-1] or (isinstance(error, BudgetExceeded) and not failures):
                raise
            failures.append(f"{one.capabilities.name}: {error.message}")
            _LOG.warning("voice %s failed, trying the next: %s", one.capabilities.name, error.message)
        else:
            why = " ".join(filter(None, (*failures, spoken.facts["fallback"])))
            return spoken.model_copy(update={"facts": {**spoken.facts, "fallback": why}})
    raise AssertionError("the last voice speaks or raises")


def _spoken(verdict: PolicyVerdict, voice: Voice, artifacts: ArtifactStore, budget: Budget) -> SpokenScript:
    plan, can = verdict.script.plan, voice.capabilities
    if can.languages and primary(plan.language) not in can.languages:
        raise InvalidInput(
            f"{can.name} does not speak {language_name(plan.language)}.",
            "Set ELEVENLABS_API_KEY for a voice that does, or give the channel another language: ytempire language",
        )

    def speak() -> Paid:
        narration = voice.speak(plan.script, language=plan.language)
        try:
            sound = artifacts.put(narration.wav, suffix=".wav")
        except YtempireError as error:
            raise billed(error) if narration.cost_usd_micros else error from None
        spoken = SpokenScript(
            sound=sound,
            facts=narration.facts(),
            duration_seconds=narration.duration_seconds,
            cost_usd_micros=narration.cost_usd_micros,
        )
        return Paid(spoken.model_dump_json().encode(), narration.cost_usd_micros)

    if not can.is_hosted:
        return SpokenScript.model_validate_json(speak().content)
    request = digest_value([can.name, plan.language, plan.script])
    estimate = estimate_usd_micros(voice, plan.script, language=plan.language)
    return budget.buy("narration", can.name, request, estimate, speak, SpokenScript.model_validate_json)


def narration_of(spoken: SpokenScript, artifacts: ArtifactStore) -> Narration:
    """Put the sound and its facts together again. Raises Damaged when either is not what it was."""
    return Narration.from_facts(artifacts.load(spoken.sound), spoken.facts)
