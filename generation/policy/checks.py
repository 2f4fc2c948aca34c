"""The checks of a script. Each is a function of the script (and of what the channel published before) that gives findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from core.languages import is_english
from generation.policy.metadata import (
    DISCLOSURE,
    MAX_DESCRIPTION_BYTES,
    MAX_TAGS_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    REFUSED_CHARACTERS,
    tags_characters,
)
from generation.policy.terms import folded, scan, whole_words
from generation.values import Action, Finding, Script, Severity
from generation.writing.claims import Claims
from generation.writing.pictures import said_by, said_by_thumbnail
from generation.writing.titles import similarity
from generation.writing.tongue import in_english_notation, undrawn

SIMILAR_TITLE = 0.8
SIMILAR_SCRIPT = 0.5
SAME_SCRIPT = 0.9
"""Shared words of two titles, shared runs of three words of two scripts. Scripts of the local writer on one lane share up to
about 0.35 within a week (measured on 120 slots of real charts); half in common is a copy with other numbers."""

LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{2,}\.(?:com|net|org|info|io|gg|tv|ly|me|co|xyz|app|link|shop|ru|cn)\b(?:/\S*)?",
    re.IGNORECASE,
)
_CLICKBAIT = whole_words(
    [
        "shocking",
        "you won't believe",
        "you wont believe",
        "gone wrong",
        "must watch",
        "exposed",
        "guaranteed",
        "never seen before",
    ]
)
_SHOUTING = 0.6


def check(script: Script, past: Mapping[str, str]) -> list[Finding]:
    """Run every check.

    Args:
        past: title to narration of the channel's last videos; an empty narration where only the title is known.
    """
    findings: list[Finding] = []
    for one in (
        letters_can_be_drawn,
        terms_are_allowed,
        claims_are_in_the_data,
        no_links,
        title_is_fair,
        synthetic_media_is_disclosed,
        metadata_fits,
    ):
        findings += one(script)
    return [*findings, *differs_from_past(script, past)]


def terms_are_allowed(script: Script) -> Iterator[Finding]:
    """No listed term is said, shown or written; where a notice makes a term acceptable, the description carries it."""
    found: set[tuple[str, str]] = set()
    for where, text in texts_of(script):
        for hit in scan(text):
            category = hit.category
            if (category.name, hit.term) in found:
                continue
            found.add((category.name, hit.term))
            is_noticed = bool(category.notice) and category.notice in script.description
            yield Finding(
                check=category.name,
                severity=category.severity,
                action=Action.APPROVE if is_noticed else category.action,
                where=where,
                message=f"{where.capitalize()} says “{hit.term}” ({category.name.replace('_', ' ')}).",
            )


def letters_can_be_drawn(script: Script) -> Iterator[Finding]:
    """The fonts of the films have every letter that is captioned or drawn; they would show others as something else."""
    pictures = "\n".join(
        (*(text for scene in script.plan.scenes for text in _strings(asdict(scene.visual))), script.plan.channel)
    )
    thumbnail = "\n".join((script.thumbnail.headline, *(bar.label for bar in script.thumbnail.bars)))
    told = (
        ("the title", script.title),
        ("the narration", script.narration),
        ("the thumbnail", thumbnail),
        ("a picture", pictures),
    )
    for where, text in told:
        if writing := undrawn(text):
            yield Finding(
                check="letters",
                severity=Severity.HIGH,
                action=Action.BLOCK,
                where=where,
                message=f"{where.capitalize()} holds letters of {writing}, which no font that films are drawn with can set.",
            )


def claims_are_in_the_data(script: Script) -> Iterator[Finding]:
    """Everything that is said, drawn and written is one of the script's facts; in a language other than English, every number of
    what is said and headed."""
    language = script.plan.language
    is_told_in_english = is_english(language)
    claims = Claims(script.facts, is_english=is_told_in_english)
    for where, text in claims_of(script) if is_told_in_english else _headed(script):
        for claim in claims.unfounded(in_english_notation(text, language)):
            yield Finding(
                check="misleading_claim",
                severity=Severity.HIGH,
                action=Action.BLOCK,
                where=where,
                message=f"{where.capitalize()} claims {claim}, which the data does not say.",
            )


def _headed(script: Script) -> Iterator[tuple[str, str]]:
    yield from (
        ("the title", script.title),
        ("the thumbnail", script.thumbnail.headline),
        ("the thumbnail", script.thumbnail.figure),
    )
    yield "the narration", script.narration


def claims_of(script: Script) -> Iterator[tuple[str, str]]:
    """Every text of a script that may claim something, what pictures show included, with the name of its place."""
    yield "the title", script.title
    yield "the narration", script.narration
    for text in said_by_thumbnail(script.thumbnail):
        yield "the thumbnail", text
    for paragraph in script.description.replace(DISCLOSURE, "").split("\n"):
        yield "the description", paragraph
    for scene in script.plan.scenes:
        for text in said_by(scene.visual):
            yield "the picture", text
    for chapter in script.chapters:
        yield "the chapters", chapter.title


def no_links(script: Script) -> Iterator[Finding]:
    """Nothing that came from outside brings a link into the words."""
    for where, text in texts_of(script):
        for match in LINK.finditer(text):
            yield Finding(
                check="link_injection",
                severity=Severity.MEDIUM,
                action=Action.MODIFY,
                where=where,
                message=f"{where.capitalize()} holds the link {match.group()}.",
            )


def title_is_fair(script: Script) -> Iterator[Finding]:
    """Our own words of the title neither shout nor tease; names of videos are quoted as they are."""
    own = script.title
    for fact in sorted((fact for fact in script.facts if fact.text), key=lambda fact: -len(fact.text)):
        own = own.replace(fact.text, " ")
    letters = [c for c in own if c.isalpha()]
    if match := _CLICKBAIT.search(folded(own)):
        yield _title_finding(f"The title teases: “{match.group()}”.")
    if len(letters) > 8 and sum(c.isupper() for c in letters) / len(letters) > _SHOUTING:
        yield _title_finding("The title shouts.")


def synthetic_media_is_disclosed(script: Script) -> Iterator[Finding]:
    """The description tells how the video was made."""
    if DISCLOSURE not in script.description:
        yield Finding(
            check="synthetic_media",
            severity=Severity.MEDIUM,
            action=Action.MODIFY,
            where="the description",
            message="The description does not say that the video is made by software.",
        )


def metadata_fits(script: Script) -> Iterator[Finding]:
    """YouTube takes title, description and tags as they are."""
    for where, is_fine, action, message in (
        ("the title", 0 < len(script.title) <= MAX_TITLE_CHARACTERS, Action.BLOCK, f"has {len(script.title)} characters"),
        ("the title", not REFUSED_CHARACTERS & set(script.title), Action.MODIFY, "holds < or >"),
        ("the description", not REFUSED_CHARACTERS & set(script.description), Action.MODIFY, "holds < or >"),
        (
            "the description",
            len(script.description.encode()) <= MAX_DESCRIPTION_BYTES,
            Action.BLOCK,
            f"has {len(script.description.encode())} bytes",
        ),
        ("the tags", tags_characters(script.tags) <= MAX_TAGS_CHARACTERS, Action.MODIFY, "are too long"),
    ):
        if not is_fine:
            yield Finding(
                check="metadata", severity=Severity.LOW, action=action, where=where, message=f"{where.capitalize()} {message}."
            )


def differs_from_past(script: Script, past: Mapping[str, str]) -> Iterator[Finding]:
    """The video is not one of the channel's last ones again: mass-produced repetition costs a channel its monetisation."""
    for title, narration in past.items():
        if (alike := similarity(script.title, title)) >= SIMILAR_TITLE:
            yield _variation(Action.MANUAL_REVIEW, "the title", f"is {alike:.0%} the title of “{title}”")
        alike = similarity(script.narration, narration, 3) if narration else 0.0
        if alike >= SIMILAR_SCRIPT:
            action = Action.BLOCK if alike >= SAME_SCRIPT else Action.MANUAL_REVIEW
            yield _variation(action, "the narration", f"is {alike:.0%} the narration of “{title}”")


def texts_of(script: Script) -> Iterator[tuple[str, str]]:
    """Every text that a viewer may read or hear, with the name of its place."""
    yield "the title", script.title
    yield "the narration", script.narration
    yield "the thumbnail", f"{script.thumbnail.headline} · {script.thumbnail.figure}"
    for bar in script.thumbnail.bars:
        yield "the thumbnail", bar.label
    yield "the description", script.description
    for tag in script.tags:
        yield "the tags", tag
    for scene in script.plan.scenes:
        for text in _strings(asdict(scene.visual)):
            yield "the picture", text


def _strings(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _strings(one)
        case list() | tuple():
            for one in value:
                yield from _strings(one)


def _title_finding(message: str) -> Finding:
    return Finding(
        check="misleading_title", severity=Severity.MEDIUM, action=Action.MANUAL_REVIEW, where="the title", message=message
    )


def _variation(action: Action, where: str, message: str) -> Finding:
    return Finding(
        check="variation", severity=Severity.MEDIUM, action=action, where=where, message=f"{where.capitalize()} {message}."
    )
