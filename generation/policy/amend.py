"""The modifications that findings ask for: terms masked, links taken out, notices added, metadata cut to what YouTube takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from generation.policy.checks import LINK
from generation.policy.metadata import DISCLOSURE, REFUSED_CHARACTERS, fitting_tags
from generation.policy.terms import categories, masked
from generation.values import Action, Finding, Script

_REFUSED = {ord(character): " " for character in REFUSED_CHARACTERS}


def amended(script: Script, findings: list[Finding]) -> Script:
    """Apply what the findings with the action *modify* ask for."""
    wanted = {finding.check for finding in findings if finding.action is Action.MODIFY}
    if not wanted:
        return script
    script = rewritten(script, _cleaned)
    notices = [category.notice for category in categories() if category.notice and category.name in wanted]
    if "synthetic_media" in wanted:
        notices.append(DISCLOSURE)
    description = "\n\n".join([script.description, *(notice for notice in notices if notice not in script.description)])
    return script.model_copy(update={"description": description, "tags": fitting_tags(script.tags)})


def _cleaned(text: str) -> str:
    return " ".join(masked(LINK.sub(" ", text)).translate(_REFUSED).split())


def rewritten(script: Script, rewrite: Callable[[str], str]) -> Script:
    """The script with every text that a viewer may read or hear passed through a function.

    A narration of which nothing would be left stays as it is: the second check then finds what is wrong with it.
    """
    plan = asdict(script.plan)
    for scene in plan["scenes"]:
        scene["narration"] = rewrite(scene["narration"]) or scene["narration"]
        scene["visual"] = {key: value if key == "kind" else _mapped(value, rewrite) for key, value in scene["visual"].items()}
    plan["title"] = rewrite(script.title)
    thumbnail = asdict(script.thumbnail)
    for key in ("headline", "figure", "bars"):
        thumbnail[key] = _mapped(thumbnail[key], rewrite)
    changes: dict[str, Any] = {
        "title": rewrite(script.title),
        "description": "\n".join(rewrite(line) for line in script.description.split("\n")),
        "tags": tuple(filter(None, map(rewrite, script.tags))),
        "plan": plan,
        "thumbnail": thumbnail,
    }
    return Script.model_validate({**script.model_dump(), **changes})


def _mapped(value: Any, rewrite: Callable[[str], str]) -> Any:
    match value:
        case str():
            return rewrite(value)
        case dict():
            return {key: _mapped(one, rewrite) for key, one in value.items()}
        case list() | tuple():
            return [_mapped(one, rewrite) for one in value]
        case _:
            return value
