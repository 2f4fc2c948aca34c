"""What the steps of one video hand to one another. Every value is frozen, travels as JSON, and names files by digest only.

In the order of their making: `TopicChoice` → `Script` → `PolicyVerdict` → `SpokenScript` → `ThumbnailChoice` → `Film` (and
the short) → `QualityVerdict` → `Publication`. What is read from the warehouse stands first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import IntEnum, StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from generation.media.plan import FilmPlan, ThumbnailBrief


class Value(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Artifact(Value):
    """A file of the artifact store: its content's SHA-256, the suffix that tells its kind, its size in bytes."""

    digest: str
    suffix: str
    size_bytes: int


def artifacts_in(value: object) -> Iterator[Artifact]:
    """Every file that a value names, in it or in the values that it holds."""
    if isinstance(value, Artifact):
        yield value
    elif isinstance(value, Value):
        for name in type(value).model_fields:
            yield from artifacts_in(getattr(value, name))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from artifacts_in(part)


# What the warehouse knows


class Channel(Value):
    """One of the operator's channels.

    Attributes:
        category_id: of its niche, by which charts are read.
        upload_category_id: what its uploads are given; None: `category_id`.
        notifies_subscribers: whether subscribers are told of an upload.
        is_made_for_kids: what the operator declares of its uploads (COPPA).
    """

    channel_id: str
    handle: str
    title: str
    niche: str
    category_id: int
    timezone: str
    language: str = "en-US"
    upload_category_id: int | None = None
    notifies_subscribers: bool = True
    is_made_for_kids: bool = False


class Lane(Value):
    """A recurring place in a channel's calendar: every day at a local time."""

    lane_id: str
    channel: Channel
    publish_local_time: time
    publishes_unreviewed: bool = False
    """Whether films that would wait for a person are published by themselves: a setting of simulated markets."""


class ChartSnapshot(Value):
    """The newest charts known at a moment: the day, when they were read, and how much was read."""

    on_date: date
    read_at: datetime
    regions: tuple[str, ...]
    entries_count: int


class RisingVideo(Value):
    """A charting video on a day. Gains are scaled to 24 hours, and null where there is no earlier reading."""

    on_date: date
    video_id: str
    title: str
    channel_id: str
    channel_title: str
    views: int
    views_gained_24h: int | None
    growth_pct: float | None
    countries_count: int
    best_rank: int
    age_hours: float


class RisingTopic(Value):
    """A word or word pair of chart titles on a day, and the charting videos of one niche that carry it in their titles.

    Attributes:
        new_channels_count: channels that did not chart with it in the week before; None where no day of it is known.
        momentum: ln of its charting channels now over those two days before; None where one of those days is unknown.
    """

    on_date: date
    topic_id: str
    title: str
    new_channels_count: int | None
    momentum: float | None
    video_ids: tuple[str, ...]


class Reading(Value):
    """Views of a video at the moment they were read."""

    video_id: str
    read_at: datetime
    views: int


class PastVideo(Value):
    """A video that the channel published or has planned: its title, its time; its slot, words and picture if it was made here."""

    title: str
    published_at: datetime
    slot: str = ""
    script: Artifact | None = None
    thumbnail: Artifact | None = None


class PastOutcome(Value):
    """What became of a video of the channel: whether viewers stayed longer than its median (`labels.lbl_video__retention`).

    `script` is None for a video that was not made here."""

    title: str
    script: str | None = None
    duration_seconds: float
    category_id: int
    published_at: datetime
    is_above_median: bool


# Topic


class TopicKind(StrEnum):
    """What a video is about: a topic of several videos, a single video, or the niche as a whole."""

    TOPIC = "topic"
    VIDEO = "video"
    OVERVIEW = "overview"


class Candidate(Value):
    """A possible topic, with each part of its score (0 to 1), the weighted sum (0 to 100) and the reasons in words.

    `excluded` says why it cannot be taken; empty for a candidate that could."""

    kind: TopicKind
    topic_id: str
    headline: str
    score: float
    parts: dict[str, float]
    reasons: tuple[str, ...]
    video_ids: tuple[str, ...]
    excluded: str = ""


class TopicChoice(Value):
    """The topic of a slot's video, and the data of the moment that it was chosen by.

    Attributes:
        scope: what the figures are about: the name of the channel's niche, or `YouTube` when that has too few charting videos.
        reason: why this one, in a sentence or two.
        candidates: the best ones considered, best first; the chosen one among them, unless it is the fallback.
        videos: the videos behind the topic, largest gain first.
        scope_videos: all charting videos of the scope, `videos` included, largest gain first.
        breakout: chance of breaking out within two days, by video id, as the trend model sees it.
        readings: view counts of `videos` known by then, oldest first.
    """

    slot: str
    channel: Channel
    scope: str
    kind: TopicKind
    topic_id: str
    headline: str
    score: float
    reason: str
    candidates: tuple[Candidate, ...]
    videos: tuple[RisingVideo, ...]
    scope_videos: tuple[RisingVideo, ...]
    snapshot: ChartSnapshot
    breakout: dict[str, float]
    trend_model_version: str
    readings: tuple[Reading, ...]


# Script


class FactKind(StrEnum):
    """What a number is, so that a gain is not taken for a count, nor a chance for a share; of a name, what it may be called."""

    PLAIN = "plain"
    TOTAL = "total"
    READING = "reading"
    GAIN = "gain in a day"
    HOURLY = "gain in an hour, on average"
    TYPICAL = "median gain in a day"
    GROWTH = "growth in a day"
    SHARE = "share of all views gained in a day"
    KNOWN_SHARE = "share of the views gained in a day by videos of known gain"
    CHANCE = "chance to break out within two days"
    RATIO = "gain over the median gain"
    LARGEST = "largest"
    KNOWN_LARGEST = "largest of those known"
    MOST_VIEWS = "most views"


class Fact(Value):
    """One thing the warehouse says, that a script may say too. `number` is null for names and dates.

    Attributes:
        unit: what is counted, in the plural: `views`, `percent`, `countries`.
        of: whom it is said of: `video_1`, `topic`, `scope`; empty where it is said of the charts as a whole.
        kind: what the number is.
        text: a name or a date; of a reading, the day that it was read on.
    """

    name: str
    text: str
    number: float | None = None
    unit: str = ""
    of: str = ""
    kind: FactKind = FactKind.PLAIN


class Chapter(Value):
    """A named part of the film, from the scene of this index on."""

    title: str
    scene: int


class Script(Value):
    """Everything said and shown, before a sound or a pixel is made.

    Attributes:
        description: without chapters, whose times are known only after the narration.
        facts: what every number in title and narration was checked against.
        writer: who wrote the words.
        fallback: why the first choice of writer was not used; empty otherwise.
    """

    slot: str
    channel: Channel
    topic_id: str
    title: str
    description: str
    tags: tuple[str, ...]
    plan: FilmPlan
    thumbnail: ThumbnailBrief
    chapters: tuple[Chapter, ...]
    facts: tuple[Fact, ...]
    writer: str
    fallback: str = ""

    @property
    def narration(self) -> str:
        """The words to speak, one line per scene."""
        return self.plan.script

    @property
    def spoken_text(self) -> str:
        """The words as they are said, a paragraph for each scene: what `ops.videos` keeps, and so what models learn from and are
        asked about."""
        return "\n\n".join(scene.narration for scene in self.plan.scenes)

    @property
    def words_count(self) -> int:
        """How many words are spoken."""
        return len(self.narration.split())


# Policy


class Severity(IntEnum):
    """How grave a finding is. An integer, so that the gravest is the largest."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Action(IntEnum):
    """What a finding asks for. Ordered: the verdict is the largest."""

    APPROVE = 0
    MODIFY = 1
    MANUAL_REVIEW = 2
    BLOCK = 3

    @property
    def label(self) -> str:
        """As written for people: `manual_review`."""
        return self.name.lower()


class Finding(Value):
    """One thing a policy check noticed: where, what, how grave, and what was or must be done."""

    check: str
    severity: Severity
    action: Action
    where: str
    message: str


class PolicyVerdict(Value):
    """Whether a script may become a video. `script` is what may: the given one, with the modifications applied."""

    slot: str
    action: Action
    findings: tuple[Finding, ...]
    script: Script

    @property
    def reason(self) -> str:
        """The gravest findings in one sentence; empty when there are none."""
        return " ".join(finding.message for finding in self.findings if finding.action == self.action)


# Pictures and sound


class SpokenScript(Value):
    """A narration in the store: the sound, and everything else of `connectors.media.voice.Narration` as plain data."""

    sound: Artifact
    facts: dict[str, Any]
    duration_seconds: float
    cost_usd_micros: int


class ScoredThumbnail(Value):
    """A candidate picture (1280×720 JPEG), its measures, and the click-through rate the model expects (0 to 1)."""

    image: Artifact
    style: str
    features: dict[str, float]
    ctr: float


class ThumbnailChoice(Value):
    """The chosen thumbnail and the others, best first, and what the order rests on."""

    slot: str
    candidates: tuple[ScoredThumbnail, ...]
    model_version: str
    reason: str

    @property
    def chosen(self) -> ScoredThumbnail:
        """The best candidate."""
        return self.candidates[0]


class Film(Value):
    """A finished film in the store.

    Attributes:
        film: MP4.
        captions: the same words as SRT.
        posters: small JPEGs of some of its moments.
        scene_starts: when each scene begins, in seconds.
        captions_coverage: share of the spoken words that a caption shows.
        words_count: words spoken.
        render_seconds: what making it took; 0 when an equal film was in the store.
    """

    slot: str
    film: Artifact
    captions: Artifact
    posters: tuple[Artifact, ...]
    width: int
    height: int
    duration_seconds: float
    scene_starts: tuple[float, ...]
    captions_coverage: float
    words_count: int
    render_seconds: float


# Quality


class Decision(StrEnum):
    """What a quality score leads to."""

    AUTO_APPROVE = "auto_approve"
    MANUAL_REVIEW = "manual_review"
    REVISE = "revise"
    REJECT = "reject"


class Measure(Value):
    """One measured fact: its value, its unit, what is asked of it, and the points (0 to 1) that it earns.

    Attributes:
        value: None for what could not be measured.
        floor: the values that are let pass, in words.
        breach: what is wrong, a sentence, where the value lies beyond the floor; empty otherwise.
        is_fatal: whether the film is refused for that.
    """

    name: str
    aspect: str
    value: float | None
    unit: str
    wanted: str
    points: float = Field(ge=0, le=1)
    weight: float = Field(gt=0)
    floor: str = ""
    breach: str = ""
    is_fatal: bool = False


class QualityVerdict(Value):
    """The score of a finished film, from measured facts with stated weights.

    A film is published by itself (`decision` is auto_approve), waits for a person (`waits`), or is refused (`is_refused`): made
    better first, or rejected. Neither a person nor a setting publishes what is refused.

    Attributes:
        score: 0 to 100, the weighted mean of the aspects; held below a threshold by a fact that lies below its floor.
        aspects: 0 to 100 each: script, audio, visual, engagement.
        vetoes: the fatal facts, a sentence each: black, silent, without captions. Any makes the decision reject.
        reasons: why the film is not published by itself, or what it lost points for: a sentence each, gravest first.
        likelihood: the learnt chance in percent that the video beats its channel's median, recalibrated from the channel's last
            videos; shown, not deciding.
        likelihood_learnt: the same as the model gave it; None in verdicts made before it was recalibrated.
        outcomes_count: how many of the channel's videos it was recalibrated from.
    """

    slot: str
    decision: Decision
    score: float
    aspects: dict[str, float]
    measures: tuple[Measure, ...]
    likelihood: float
    model_version: str
    likelihood_learnt: float | None = None
    outcomes_count: int = 0
    vetoes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether nobody may publish the film as it is."""
        return bool(self.vetoes) or self.decision in (Decision.REVISE, Decision.REJECT)

    @property
    def waits(self) -> bool:
        """Whether a person may publish the film, and nobody else."""
        return not self.is_refused and self.decision is Decision.MANUAL_REVIEW


# Publication


class PublicationState(StrEnum):
    """How far a publication has come. Each state is reached once and never left backwards."""

    PLANNED = "planned"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    PUBLISHED = "published"
    FAILED = "failed"


class Deferral(StrEnum):
    """What a publication waits for until it is tried again."""

    CHANNEL = "channel"
    """YouTube's limit of uploads to the channel."""
    QUOTA = "quota"
    """The day's quota of uploads, of all channels."""
    RATE = "rate"
    DATE = "date"
    """Nothing: it has another moment, and is uploaded at once."""
    PICTURE = "picture"
    """The video is up, and its picture could not be set."""


class Publication(Value):
    """A slot's row of the outbox, after the step."""

    slot: str
    channel_id: str
    state: PublicationState
    title: str
    publish_at: datetime | None
    video_id: str
    has_thumbnail: bool
    note: str = ""


class Review(Value):
    """A film that a person is asked about before it is published.

    Attributes:
        why: what the person is asked for.
        verdict: what was measured of the film.
        is_approved: what was decided; None while nobody has.
        reason: why it was decided so.
    """

    slot: str
    title: str
    publish_at: datetime
    is_uploaded: bool
    film: Artifact
    thumbnail: Artifact
    why: str
    verdict: QualityVerdict
    asked_at: datetime
    decided_at: datetime | None = None
    decided_by: str = ""
    is_approved: bool | None = None
    reason: str = ""

    @property
    def outcome(self) -> str:
        """The decision in a word."""
        return "undecided" if self.is_approved is None else "approved" if self.is_approved else "rejected"


class OutboxRow(Value):
    """A slot's row of the outbox. `session_uri` is a capability to upload: it stays in the database and in no other value."""

    slot: str
    channel_id: str
    state: PublicationState
    title: str
    publish_at: datetime | None
    film: Artifact
    thumbnail: Artifact
    script: Artifact
    duration_seconds: float
    quality_score: float
    session_uri: str = ""
    video_id: str = ""
    has_thumbnail: bool = False
    deferred_until: datetime | None = None
    note: str = ""
