"""`video/script`: from a topic and its data to everything that is said, shown and written about the video."""

from __future__ import annotations

from core.digest import digest_value
from core.errors import BudgetExceeded, YtempireError
from core.ids import SlotId
from generation.budget import Budget
from generation.media.plan import FilmPlan, Scene, ThumbnailBrief, palette_for
from generation.policy.metadata import DISCLOSURE, fitting_tags
from generation.ports import Language
from generation.values import Chapter, Script, TopicChoice, TopicKind
from generation.writing.draft import Draft
from generation.writing.facts import FactSheet
from generation.writing.hosted import write_hosted
from generation.writing.local import write_locally
from generation.writing.numbers import counted, short_count, speak_count
from generation.writing.stories import own_series


def write_script(choice: TopicChoice, language: Language | None, budget: Budget) -> Script:
    """Write the script of a chosen topic.

    Args:
        choice: the topic and all data that may be used.
        language: a hosted writer; None for the local one. When it fails or what it writes is not true, the local one's
            words are taken, and `fallback` of the script says why.
        budget: pays the hosted writer.

    Raises BudgetExceeded when the hosted writer would pass the slot's cap.
    """
    slot, sheet = SlotId.parse(choice.slot), FactSheet(choice)
    draft, fallback = write_locally(sheet, slot), ""
    if language is not None:
        try:
            draft = write_hosted(sheet, draft, language, budget)
        except BudgetExceeded:
            raise
        except YtempireError as error:
            fallback = error.message
    return _script(sheet, draft, fallback)


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
            "Videos named:\n" + "\n".join(f"- {label}" for label in labels),
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
