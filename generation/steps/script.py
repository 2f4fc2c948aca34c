"""`video/script`: from a topic and its data to everything that is said, shown and written about the video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.media.language import FallbackLanguage
from core.digest import digest_value
from core.errors import BudgetExceeded, InvalidInput, Transient, YtempireError
from core.ids import SlotId
from core.languages import is_english, language_name
from generation.budget import Budget
from generation.media.plan import FilmPlan, Scene, ThumbnailBrief, palette_for
from generation.policy.amend import rewritten
from generation.policy.metadata import DISCLOSURE, fitting_tags
from generation.ports import Language
from generation.values import Chapter, Script, TopicChoice, TopicKind
from generation.writing.draft import Draft
from generation.writing.facts import FactSheet
from generation.writing.hosted import write_hosted
from generation.writing.local import write_locally
from generation.writing.numbers import counted, short_count, speak_count
from generation.writing.stories import own_series
from generation.writing.tongue import require_writable

_NAMED = "- "
"""Begins a line of the description that names a video."""


def write_script(choice: TopicChoice, language: Language | None, budget: Budget) -> Script:
    """Write the script of a chosen topic, in the channel's language.

    Args:
        choice: the topic and all data that may be used.
        language: a hosted writer, or several in order; None for the local one. When one fails or what it writes is not true,
            the next one writes and at last the local one, and `fallback` of the script says why.
        budget: pays the hosted writer.

    Raises BudgetExceeded when the hosted writer would pass the slot's cap; InvalidInput for a language that the films' fonts
    cannot set, before anything is paid, and for one other than English that no writer is left for: the local one writes English.
    """
    slot, sheet = SlotId.parse(choice.slot), FactSheet(choice)
    tag = choice.channel.language
    require_writable(tag)
    if language is None and not is_english(tag):
        why = "the local writer writes English only, and no hosted writer is set"
        raise _no_writer(choice, why, f"Set OPENAI_API_KEY for a writer of {language_name(tag)}")
    local = write_locally(sheet, slot)
    if language is None:
        return _script(sheet, local, "")
    shown = () if is_english(tag) else _shown(_script(sheet, local, ""))
    failures: list[YtempireError] = []
    for writer in language.writers if isinstance(language, FallbackLanguage) else (language,):
        try:
            draft = write_hosted(sheet, local, writer, budget, shown)
        except YtempireError as error:
            if isinstance(error, BudgetExceeded) and not failures:
                raise
            failures.append(error)
        else:
            return _translated(_script(sheet, draft, _told(failures)), draft.texts)
    if is_english(tag):
        return _script(sheet, local, _told(failures))
    if isinstance(failures[-1], Transient):  # it may pass
        raise failures[-1]
    raise _no_writer(choice, _told(failures).rstrip("."), "Wait for the next slot") from failures[-1]


def _told(failures: Sequence[YtempireError]) -> str:
    return " ".join(failure.message for failure in failures)


def _no_writer(choice: TopicChoice, why: str, remedy: str) -> InvalidInput:
    name, handle = language_name(choice.channel.language), choice.channel.handle
    return InvalidInput(
        f"{choice.slot} has no script in {name}, the language of {handle}: {why}.",
        f"{remedy}, or have the channel's films in English: ytempire language {handle} en",
    )


def _shown(script: Script) -> list[str]:
    """The English texts of pictures and description that a film of another language needs in its own; names stay as they are."""
    seen: list[str] = []

    def collect(text: str) -> str:
        seen.append(text)
        return text

    rewritten(script, collect)
    said = {script.title, script.thumbnail.headline, *(scene.narration for scene in script.plan.scenes)}
    names = {name.lower() for name in (script.plan.channel, *(fact.text for fact in script.facts))}
    found = [text for text in (*seen, *(chapter.title for chapter in script.chapters)) if any(map(str.isalpha, text))]
    own = [text for text in dict.fromkeys(found) if text not in said and text.lower() not in names]
    return [text for text in own if not text.startswith(_NAMED)]


def _translated(script: Script, texts: Mapping[str, str]) -> Script:
    """The script with the texts of its pictures and description in the language of its words. That it is made by software is told
    in English too, as the policy asks."""
    if not texts:
        return script
    told = {**texts, DISCLOSURE: f"{texts[DISCLOSURE]}\n{DISCLOSURE}"} if DISCLOSURE in texts else texts
    kept = rewritten(script, lambda text: told.get(text, text))
    chapters = tuple(chapter.model_copy(update={"title": told.get(chapter.title, chapter.title)}) for chapter in script.chapters)
    return kept.model_copy(update={"chapters": chapters, "tags": fitting_tags(kept.tags)})


def _script(sheet: FactSheet, draft: Draft, fallback: str) -> Script:
    choice = sheet.choice
    palette = palette_for(choice.channel.handle)
    seed = int(digest_value(choice.slot)[:8], 16)
    plan = FilmPlan(
        title=draft.title,
        channel=choice.channel.title,
        palette=palette,
        scenes=tuple(Scene(text, passage.visual, passage.in_short) for passage, text in draft.scenes),
        language=choice.channel.language,
        seed=seed,
    )
    return Script(
        slot=choice.slot,
        channel=choice.channel,
        topic_id=choice.topic_id,
        title=draft.title,
        description=_description(sheet),
        tags=_tags(sheet),
        plan=plan,
        thumbnail=ThumbnailBrief(
            headline=draft.headline,
            palette=palette,
            figure=_figure(sheet),
            bars=own_series(sheet),
            channel=choice.channel.title,
            seed=seed,
        ),
        chapters=tuple(
            Chapter(title=passage.chapter, scene=at) for at, (passage, _) in enumerate(draft.scenes) if passage.chapter
        ),
        facts=sheet.facts(),
        writer=draft.writer,
        fallback=fallback,
    )


def _figure(sheet: FactSheet) -> str:
    """The number of the story with what it counts; empty where there is none, and for an overview, which is of no one's views."""
    if not sheet.total_gain or sheet.choice.kind is TopicKind.OVERVIEW:
        return ""
    return f"+{short_count(sheet.total_gain)} views in a day"


def _description(sheet: FactSheet) -> str:
    what = {
        TopicKind.TOPIC: f"What the {sheet.niche} charts say about {sheet.subject}",
        TopicKind.VIDEO: f"How “{sheet.subject}” moves through the {sheet.niche} charts",
        TopicKind.OVERVIEW: f"What is rising on the {sheet.niche} charts",
    }[sheet.choice.kind]
    gains = ""
    if sheet.total_gain:
        gains = f" {speak_count(sheet.total_gain)} new views in a day, counted over {counted(len(sheet.gains), 'video')}."
        if sheet.unknown_count:
            gains += f" The gain of {counted(sheet.unknown_count, 'more video')} is not known."
    labels = [f"{video.label}, {video.channel}" if video.title and video.channel else video.label for video in sheet.videos[:5]]
    read = f"most popular charts of {', '.join(sheet.snapshot.regions)}, read {sheet.snapshot.read_at:%Y-%m-%d %H:%M} UTC"
    model = f" The chance to break out is our trend model's (version {sheet.choice.trend_model_version}), not YouTube's."
    return "\n\n".join(
        (
            f"{what}, read on {sheet.day}, {sheet.snapshot.on_date.year}.{gains}",
            "Videos named:\n" + "\n".join(f"{_NAMED}{label}" for label in labels),
            f"Sources: YouTube Data API, {read}; gains are scaled to 24 hours.{model if sheet.lead_breakout_pct else ''}",
            "Limits: charts hold only videos that already charted, and views tell how much was watched, not why.",
            DISCLOSURE,
        )
    )


def _tags(sheet: FactSheet) -> tuple[str, ...]:
    niche = sheet.niche.lower()
    wished = [
        *([sheet.subject.lower()] if sheet.choice.kind is not TopicKind.OVERVIEW else []),
        niche,
        f"{niche} charts",
        f"trending {niche}",
        "youtube charts",
        "most popular",
        "data story",
        *(video.channel.lower() for video in sheet.videos[:4]),
    ]
    return fitting_tags(wished)
