"""The data story: which pictures a topic supports, and what can be said over each.

A `Passage` is one scene with several wordings of the same facts. Which one is used is settled by the lane and the day: on a
lane the wordings take turns, so that two days running never begin alike, and the same slot always reads the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.digest import digest_value
from core.ids import SlotId
from generation.media.plan import (
    Bar,
    BarChart,
    BarRace,
    BigNumber,
    ClosingCard,
    LineChart,
    Point,
    RaceStep,
    RankingList,
    Series,
    TitleCard,
    Visual,
)
from generation.values import TopicKind
from generation.writing.facts import FactSheet, day_text, short_day
from generation.writing.numbers import counted, short_count, speak_count, speak_percent, speak_ratio

SOURCE = "Data: YouTube most popular charts"
_MAX_POINTS = 8
_MIN_MOTIF, _MAX_MOTIF = 3, 6
"""Days of a series that a motif is drawn of."""


@dataclass(frozen=True)
class Passage:
    """A scene to be: what is seen, the ways to say it, and how much it matters.

    Attributes:
        key: its name; unique in a story.
        chapter: the chapter that begins here; empty when the one before goes on.
        rank: passages of a high rank are dropped first when the film grows too long; 0 is never dropped.
    """

    key: str
    visual: Visual
    wordings: tuple[str, ...]
    rank: int = 0
    chapter: str = ""
    in_short: bool = False


class Phrasing:
    """Chooses among wordings: in turn on each lane, in an order of its own for every key and round."""

    def __init__(self, slot: SlotId) -> None:
        self._slot = slot

    def pick(self, key: str, wordings: Sequence[str]) -> str:
        """Choose one wording."""
        round_, turn = divmod(self._slot.on.toordinal(), len(wordings))
        order = sorted(wordings, key=lambda wording: digest_value([self._slot.lane, key, round_, wordings.index(wording)]))
        return order[turn]


def passages(sheet: FactSheet) -> list[Passage]:
    """Lay out the story of a topic, from the opening to the closing card."""
    return [
        passage
        for passage in (
            _opening(sheet),
            _method(sheet),
            _lead(sheet),
            _runners_up(sheet),
            _history(sheet),
            _comparison(sheet),
            _spread(sheet),
            _breakout(sheet),
            _elsewhere(sheet),
            _caution(sheet),
            _closing(sheet),
        )
        if passage is not None
    ]


def titles(sheet: FactSheet) -> list[str]:
    """Ways to call the video. Each claims only what the facts say."""
    niche, day, gain = sheet.niche, sheet.day, short_count(sheet.total_gain) if sheet.total_gain else ""
    match sheet.choice.kind:
        case TopicKind.TOPIC if sheet.total_gain:
            return [
                f"{sheet.subject}: {gain} New Views in a Day on the {niche} Charts",
                f"{sheet.subject} on the {niche} Charts ({day})",
                f"{niche} Charts, {day}: {sheet.subject} Gains {gain} Views",
                f"{counted(len(sheet.gains), 'Charting Video')}, {gain} New Views: {sheet.subject} in Numbers",
            ]
        case TopicKind.VIDEO if sheet.total_gain:
            return [
                f"“{sheet.subject}”: {gain} New Views in a Day",
                f"{niche} Charts, {day}: “{sheet.subject}” Gains {gain} Views",
                f"How Fast Is “{sheet.subject}” Growing? The Numbers of {day}",
            ]
        case TopicKind.OVERVIEW if sheet.lead.rise:
            return [
                f"What Is Rising in {niche} on {day}",
                f"{niche} Charts, {day}: {_movers(sheet).title()}",
                f"The {niche} Charts of {day}, in Numbers",
            ]
        case _:
            return [f"The {niche} Charts of {day}, in Numbers", f"{niche} Charts, {day}: What Is on Them"]


def _opening(sheet: FactSheet) -> Passage:
    niche, gain = sheet.niche, speak_count(sheet.total_gain) if sheet.total_gain else ""
    videos, channels = counted(sheet.videos_count, "charting video"), counted(sheet.channels_count, "channel")
    subject, lead = sheet.subject, sheet.lead.spoken
    wordings: tuple[str, ...]
    match sheet.choice.kind:
        case TopicKind.TOPIC if sheet.total_gain and not sheet.unknown_count:
            subtitle = f"{videos} · {channels}"
            wordings = (
                f"{subject} is on the {niche} charts: {videos}, {channels}, and {gain} new views in a single day.",
                f"In the last day, {niche} videos with {subject} in the title gained {gain} views. Here is who got them.",
                f"Something is moving in {niche}, and it is called {subject}. {_start(videos)} gained {gain} views in a day.",
                f"{_start(gain)} views in one day: {subject} added that on the {niche} charts. Let's look at the numbers.",
            )
        case TopicKind.TOPIC if sheet.total_gain:
            subtitle = f"{videos} · {channels}"
            known = _with_known_gain(sheet)
            wordings = (
                f"{subject} is on the {niche} charts: {videos}, {channels}. {_start(known)} gained {gain} views in a single day.",
                f"In the last day, {known} and {subject} in the title gained {gain} views. Here is who got them.",
                f"Something is moving in {niche}, and it is called {subject}. {_start(known)} gained {gain} views in a day.",
            )
        case TopicKind.VIDEO if sheet.total_gain:
            subtitle = f"+{short_count(sheet.total_gain)} views in a day"
            wordings = (
                f"{_start(lead)} gained {gain} views in a single day on the {niche} charts. Here are the numbers behind it.",
                f"One day, {gain} new views: this is how {lead} moves through the {niche} charts.",
                f"On the {niche} charts, we look at one video today: {lead}, with {gain} new views since yesterday.",
            )
        case TopicKind.OVERVIEW if sheet.lead.rise:
            subtitle = _start(_movers(sheet))
            wordings = (
                f"What is rising in {niche}? We read the charts of {sheet.day}, and these are {_movers(sheet)}.",
                f"These are the {niche} charts of {sheet.day}, told in numbers: who gained, how much, and where.",
                f"Every day the {niche} charts move. Here is what moved on {sheet.day}.",
            )
        case _:
            subtitle = f"{videos} · {channels}"
            wordings = (
                f"What is on the {niche} charts? We read those of {sheet.day}, and this is what they hold.",
                f"These are the {niche} charts of {sheet.day}, told in numbers: who is on them, and where.",
                f"Every day we read the {niche} charts. Here is what stood on them on {sheet.day}.",
            )
    kicker = f"{niche} · {sheet.day}, {sheet.snapshot.on_date.year}"
    title = sheet.subject
    if sheet.choice.kind is TopicKind.OVERVIEW:
        title = f"What is rising in {niche}" if sheet.lead.rise else f"What is on the {niche} charts"
    return Passage("opening", TitleCard(title, kicker, subtitle, own_series(sheet)), wordings, chapter=title, in_short=True)


def _method(sheet: FactSheet) -> Passage:
    countries = counted(len(sheet.snapshot.regions), "country", "countries")
    visual = BigNumber(
        value=sheet.snapshot.entries_count,
        label=f"chart places in {countries}",
        kicker="What we read",
        note=f"YouTube most popular, {sheet.day}, {sheet.snapshot.on_date.year}",
    )
    wordings = (
        f"We read YouTube's most popular charts in {countries} every day. These are the numbers of {sheet.day}.",
        f"The data: YouTube's most popular charts of {countries}, as they stood on {sheet.day}.",
        f"All figures come from the most popular charts of {countries}, read on {sheet.day} and compared with the day before.",
    )
    return Passage("method", visual, wordings, rank=4)


def _lead(sheet: FactSheet) -> Passage:
    lead = sheet.lead
    now = speak_count(lead.video.views)
    chapter = "The numbers" if sheet.choice.kind is TopicKind.VIDEO else "In front"
    wordings: tuple[str, ...]
    if lead.rise and sheet.choice.kind is TopicKind.VIDEO:  # the opening already named it
        gain, hourly = speak_count(lead.rise), speak_count(lead.rise / 24)
        wordings = (
            f"It now stands at {now} views, and {gain} of them came in the last day. That is {hourly} an hour.",
            f"The counter shows {now} views. A day before, it showed {gain} fewer: a pace of {hourly} views an hour.",
            f"Of its {now} views, {gain} are less than a day old. On average, {hourly} were added every hour.",
        )
    elif lead.rise:
        gain = speak_count(lead.rise)
        wordings = (
            f"In front is {lead.spoken}: {gain} new views since the day before, {now} in all.",
            f"First, {lead.spoken}. It gained {gain} views in a day and now stands at {now}.",
        )
        is_all_known = sheet.is_scope_known if sheet.choice.kind is TopicKind.OVERVIEW else not sheet.unknown_count
        if sheet.leads_scope if sheet.choice.kind is TopicKind.OVERVIEW else sheet.leads_topic:
            chapter = "The biggest mover" if is_all_known else "The biggest known gain"
            whole = "" if is_all_known else f"Of {_with_known_gain(sheet, is_of_all=True)}, "
            wordings = (
                f"{_start(f'{whole}the biggest mover is')} {lead.spoken}. It gained {gain} views in a day and stands at {now}.",
                f"{_start(f'{whole}in front is')} {lead.spoken}: {gain} new views since the day before, {now} in all.",
                f"{_start(f'{whole}none gained more than')} {lead.spoken}. It added {gain} views in a day, for a total of {now}.",
            )
    elif sheet.is_most_watched:
        wordings = (
            f"In front is {lead.spoken}, with {now} views.",
            f"The most watched of them is {lead.spoken}: {now} views so far.",
        )
    else:
        wordings = (f"First, {lead.spoken}, with {now} views.", f"Here is {lead.spoken}: {now} views so far.")
    return Passage("lead", _gains_chart(sheet, highlight=0), wordings, chapter=chapter, in_short=True)


def _runners_up(sheet: FactSheet) -> Passage | None:
    behind = [(video, speak_count(video.rise)) for video in sheet.videos[1:3] if video.rise]
    if not behind:
        return None
    second, gain = behind[0]
    wordings: tuple[str, ...] = (
        f"Behind it comes {second.spoken}, up {gain}.",
        f"After that comes {second.spoken}, with {gain} new views.",
        f"Next in line: {second.spoken}. It added {gain}.",
    )
    if len(behind) == 2:
        third, its_gain = behind[1]
        wordings = tuple(f"{wording} Then {third.spoken}, with {its_gain}." for wording in wordings)
    return Passage("runners_up", _gains_chart(sheet, highlight=1), wordings, rank=2)


def _gains_chart(sheet: FactSheet, highlight: int) -> Visual:
    shown = sheet.videos[:5] if len(sheet.videos) > 1 else (*sheet.videos, *sheet.others[:4])
    if not sheet.lead.rise:
        totals = tuple(Bar(video.label, video.video.views, video.channel) for video in shown)
        return BarChart("Views so far", totals, unit="views", highlight=highlight, note=_note(sheet))
    gains = tuple(Bar(video.label, video.rise, video.channel) for video in shown if video.rise)
    is_partial = any(video.gain is None for video in shown)
    note = f"{_note(sheet)}. Videos of unknown gain are left out" if is_partial else _note(sheet)
    return BarChart("Views gained in a day", gains, unit="views", highlight=highlight, note=note)


def _history(sheet: FactSheet) -> Passage | None:
    earlier = sheet.earlier
    if earlier is None or len(sheet.history) < 2 or earlier.views >= sheet.lead.video.views:
        return None
    day, before = day_text(earlier.read_at.date()), speak_count(earlier.views)
    if before == speak_count(sheet.lead.video.views):
        return None
    it = _it(sheet)
    wordings = (
        f"On {day}, {it} still stood at {before} views.",
        f"Look back to {day}: {it} had {before} views then.",
        f"A few days make a difference. On {day}, {it} stood at {before}.",
    )
    return Passage("history", _growth_picture(sheet), wordings, rank=3, chapter="How it grew")


def _growth_picture(sheet: FactSheet) -> Visual:
    names = {video.video.video_id: video for video in sheet.videos}
    steps = tuple(
        RaceStep(day, tuple(Bar(names[video_id].label, views) for video_id, views in counts.items() if video_id in names))
        for day, counts in list(sheet.races.items())[-_MAX_POINTS:]
    )
    if len(steps) >= 3:
        return BarRace("Views, day by day", steps, unit="views", note=_note(sheet))
    last = sheet.history[-_MAX_POINTS:]
    points = tuple(
        Point(short_day(reading.read_at), reading.views, (reading.read_at.date() - last[0].read_at.date()).days)
        for reading in last
    )
    return LineChart("Views, day by day", (Series(sheet.lead.label, points),), unit="views", note=_note(sheet))


def _comparison(sheet: FactSheet) -> Passage | None:
    if sheet.typical_gain and sheet.lead_ratio:
        typical, ratio, it = speak_count(sheet.typical_gain), speak_ratio(sheet.lead_ratio), _it(sheet)
        visual = BigNumber(
            value=round(sheet.lead_ratio, 1),
            sign="×",
            label=f"the typical gain: {sheet.lead.label}",
            kicker="Against the middle of the field",
            note=f"The median rising video gained {short_count(sheet.typical_gain)} views in a day",
        )
        field = f"{sheet.niche} video"
        wordings: tuple[str, ...] = (
            f"To put that in scale: the typical rising {field} gained {typical} views. {_start(it)} made about {ratio} that.",
            f"How unusual is that? In the middle of the field, a rising {field} gained {typical}. {_start(it)} is {ratio} that.",
            f"Against the field: a typical {field} on the rise gained {typical} views. {_start(it)} gained {ratio} as much.",
        )
        return Passage("comparison", visual, wordings, rank=1, chapter="In proportion", in_short=True)
    if sheet.share_pct and sheet.choice.kind is TopicKind.TOPIC:
        share = speak_percent(sheet.share_pct)
        visual = BigNumber(value=sheet.share_pct, unit="%", label=f"of the views gained in {sheet.niche}", kicker=sheet.subject)
        wordings = (
            f"Together, that is {share} of all views gained on the {sheet.niche} charts that day.",
            f"Put together, these videos took {share} of the day's new views in {sheet.niche}.",
        )
        if not sheet.is_scope_known:
            of = f"{len(sheet.scope_gains)} of {len(sheet.choice.scope_videos)} videos"
            visual = replace(visual, label=f"of the known views gained in {sheet.niche}", note=f"The gain of {of} is known")
            wordings = (
                f"Together, that is {share} of the known new views. The gain is known of {of} on the {sheet.niche} charts.",
                f"Put together, these videos took {share} of the day's known new views, over {of} in {sheet.niche}.",
            )
        return Passage("comparison", visual, wordings, rank=1, chapter="In proportion", in_short=True)
    return None


def _spread(sheet: FactSheet) -> Passage | None:
    if len(sheet.snapshot.regions) < 2:
        return None
    lead, whole = sheet.lead.video, len(sheet.snapshot.regions)
    shown = sheet.videos[:5] if len(sheet.videos) > 1 else (*sheet.videos, *sheet.others[:4])
    widest = sorted(shown, key=lambda video: (-video.video.countries_count, video.video.best_rank))
    rows = tuple(Bar(video.label, video.video.countries_count, f"best place: {video.video.best_rank}") for video in widest)
    visual = RankingList(f"Charting in how many of {whole} countries", rows, unit="countries", note=_note(sheet))
    it, rank = _it(sheet), lead.best_rank
    countries = f"all {whole} countries" if lead.countries_count == whole else f"{lead.countries_count} of the {whole} countries"
    wordings = (
        f"{_start(it)} charts in {countries} we read. Its best place is number {rank}.",
        f"How far does it reach? {_start(it)} is on the charts of {countries}, as high as number {rank}.",
        f"It is not only about one place: {it} appears in {countries}, and number {rank} is its best rank.",
    )
    if lead.countries_count == 1:
        wordings = (
            f"So far, {it} charts in 1 of the {whole} countries we read, at number {rank}.",
            f"It is still a local matter: {it} is on the charts of 1 of the {whole} countries we read, at number {rank}.",
            f"Of the {whole} countries we read, 1 has it on its charts, at number {rank}.",
        )
    return Passage("spread", visual, wordings, rank=5)


def _breakout(sheet: FactSheet) -> Passage | None:
    chance = sheet.lead_breakout_pct
    if chance is None:
        return None
    spoken, mean, it = speak_percent(chance), sheet.mean_breakout_pct, _it(sheet)
    visual = BigNumber(
        value=round(chance, 1 if chance < 1 else 0),
        unit="%",
        label="chance to break out in two days",
        kicker="What the model says",
        note="Breaking out: growth in the top tenth for its age",
    )
    wordings: tuple[str, ...] = (
        f"What comes next? Our trend model gives {it} a {spoken} chance to break out within two days.",
        f"Our trend model looks two days ahead: the chance that {it} breaks out is {spoken}.",
        f"And the outlook: a {spoken} chance that {it} breaks out in the next two days, says our trend model.",
    )
    if mean is not None and speak_percent(mean) != spoken:
        wordings = tuple(f"{wording} The average of the videos we scored is {speak_percent(mean)}." for wording in wordings)
    return Passage("breakout", visual, wordings, rank=3, chapter="What comes next", in_short=True)


def _elsewhere(sheet: FactSheet) -> Passage | None:
    others = [(video, video.rise) for video in sheet.others if video.title and video.rise][:3]
    if len(others) < 2:
        return None
    rows = tuple(Bar(video.label, gain, video.channel) for video, gain in others)
    named = ", and ".join(f"{video.spoken}, up {speak_count(gain)}" for video, gain in others[:2])
    wordings = (
        f"Elsewhere in {sheet.niche}: {named}.",
        f"Also worth a look in {sheet.niche}: {named}.",
        f"The rest of {sheet.niche} moves too: {named}.",
    )
    return Passage(
        "elsewhere", RankingList(f"Also rising in {sheet.niche}", rows, unit="views", note=_note(sheet)), wordings, rank=2
    )


def _caution(sheet: FactSheet) -> Passage:
    visual = TitleCard("What these numbers cannot say", "Limits", "Charts show what already made it")
    wordings = (
        "A word of caution: charts only show videos that already made it. They say nothing about those that did not.",
        "Keep in mind what is missing. A chart cannot show the videos that never reached it, or why people watched.",
        "Read this with care: a video that falls off every chart disappears from our numbers, whatever happens to it next.",
        "One limit: these numbers tell how much was watched, not why. And what never charted is not in them.",
    )
    return Passage("caution", visual, wordings, rank=2, chapter="Limits")


def _closing(sheet: FactSheet) -> Passage:
    visual = ClosingCard(
        title=f"{sheet.channel.title} reads the charts every day",
        call_to_action="Subscribe for tomorrow's numbers",
        source=f"{SOURCE}, {sheet.day}, {sheet.snapshot.on_date.year}. Written, drawn and voiced by software.",
    )
    wordings = (
        f"This was {sheet.channel.title}. We read the charts every day, so see you at the next one.",
        f"That was {sheet.channel.title}, with the numbers of {sheet.day}. Subscribe, and we will tell you how it goes on.",
        f"You are watching {sheet.channel.title}. Tell us in the comments which video we should follow next.",
        "The next charts are already on their way. Subscribe, and we will read them for you.",
    )
    return Passage("closing", visual, wordings, in_short=True)


def own_series(sheet: FactSheet) -> tuple[Bar, ...]:
    """The subject's own views, day by day, oldest first: of the video, or of all videos of the topic together. Empty where fewer
    than three days are known, and for an overview, which has no views of its own."""
    match sheet.choice.kind:
        case TopicKind.VIDEO:
            days = [(reading.read_at.date(), reading.views) for reading in sheet.history]
        case TopicKind.TOPIC:
            days = list(sheet.topic_history.items())
        case _:
            days = []
    return tuple(Bar(f"{day:%b} {day.day}", views) for day, views in days[-_MAX_MOTIF:]) if len(days) >= _MIN_MOTIF else ()


def _movers(sheet: FactSheet) -> str:
    """What the videos of an overview may be called together."""
    return "the biggest movers" if sheet.leads_scope and sheet.is_scope_known else "the videos that moved"


def _with_known_gain(sheet: FactSheet, *, is_of_all: bool = False) -> str:
    """How many of the videos the gains are known of, in words."""
    is_wide = is_of_all and sheet.choice.kind is TopicKind.OVERVIEW
    return f"{counted(len(sheet.scope_gains if is_wide else sheet.gains), 'video')} with a known gain"


def _it(sheet: FactSheet) -> str:
    """What the leading video is called once it was named."""
    return "this video" if sheet.choice.kind is TopicKind.VIDEO else "the leader"


def _note(sheet: FactSheet) -> str:
    return f"{SOURCE}, {sheet.day}, {sheet.snapshot.on_date.year}"


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]
