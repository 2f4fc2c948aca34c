"""`video/policy_verdict`: whether a script may become a video. A block ends the slot before anything is rendered or uploaded."""

from __future__ import annotations

from collections.abc import Sequence

from generation.artifacts import ArtifactStore
from generation.policy.amend import amended
from generation.policy.checks import check
from generation.policy.variation import narrations
from generation.values import Action, Finding, PastVideo, PolicyVerdict, Script


def judge_script(script: Script, past: Sequence[PastVideo], artifacts: ArtifactStore) -> PolicyVerdict:
    """Check a script, apply the modifications that the findings ask for, and check the result again.

    Args:
        past: the channel's last videos, for the variation gate; this slot's own earlier attempt is left out.
        artifacts: holds their scripts. One that is gone counts by its title alone.

    Returns: the verdict with the script that may be used. What a modification could not mend needs a person.
    """
    told = narrations(past, script.slot, artifacts)
    found = check(script, told)
    mended = [finding for finding in found if finding.action is Action.MODIFY]
    allowed = amended(script, mended)
    left = [_for_a_person(finding) for finding in check(allowed, told) if finding.action is not Action.APPROVE]
    findings = (*mended, *left)
    return PolicyVerdict(
        slot=script.slot,
        action=max((finding.action for finding in findings), default=Action.APPROVE),
        findings=findings,
        script=allowed,
    )


def _for_a_person(finding: Finding) -> Finding:
    """A modification that left something to modify is not one that a program should try again."""
    return finding.model_copy(update={"action": Action.MANUAL_REVIEW}) if finding.action is Action.MODIFY else finding
