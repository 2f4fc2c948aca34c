"""Generation: the video of each calendar slot, from the choice of its topic to its upload. Partitions are date × lane.

What the steps do is said in `generation.steps`; how their values look to a person, in `display`. A slot is made at the clock
of `Stack.clock_for_slot`, and uses nothing that was known later."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import dagster as dg

from core.clock import Clock, noon
from core.digest import digest_value
from core.ids import ChannelId, SlotId
from core.money import usd
from core.settings import Market
from generation.values import (
    Action,
    Film,
    Lane,
    PastOutcome,
    PastVideo,
    PolicyVerdict,
    Publication,
    QualityVerdict,
    Script,
    SpokenScript,
    ThumbnailChoice,
    TopicChoice,
    artifacts_in,
)
from orchestration import display
from orchestration.failures import concluded, plain_failures
from orchestration.partitions import slots
from orchestration.progress import frames_teller
from orchestration.resources import Platform

if TYPE_CHECKING:
    from generation.budget import Budget
    from generation.media.timeline import Orientation
    from generation.outbox import PostgresOutbox
    from generation.records import SlotRecords
    from generation.reviews import PostgresReviews
    from generation.warehouse import PostgresWarehouse


T = TypeVar("T")
Judged = Iterator[dg.Output[T] | dg.AssetCheckResult]
"""A value and what was judged of it."""


class Desk:
    """What the steps of one slot work with, each made on first use."""

    def __init__(self, context: dg.AssetExecutionContext, platform: Platform) -> None:
        self.slot = SlotId.parse(context.partition_key)
        self.stack = platform.get()
        self.artifacts = self.stack.artifacts

    @cached_property
    def clock(self) -> Clock:
        return self.stack.clock_for_slot(self.slot)

    def resume(self) -> None:
        """Work at the present moment where the slot was deferred: its own noon has passed, also in a simulated market."""
        from generation.outbox import PostgresOutbox

        row = PostgresOutbox(self.stack.engine, self.stack.clock).get(self.slot)
        if row is not None and row.deferred_until is not None and self.stack.settings.market is not Market.LIVE:
            self.clock = self.stack.clock_at(max(self.stack.present, noon(self.slot.on - timedelta(days=1))))

    @cached_property
    def warehouse(self) -> "PostgresWarehouse":
        from generation.warehouse import PostgresWarehouse

        return PostgresWarehouse(self.stack.engine)

    @cached_property
    def lane(self) -> Lane:
        """The slot's lane. In the live market no setting takes a person's place."""
        lane = self.warehouse.lane(self.slot.lane)
        return lane if self.stack.settings.market is not Market.LIVE else lane.model_copy(update={"publishes_unreviewed": False})

    @property
    def publish_at(self) -> datetime:
        from generation.planning.slots import planned

        return planned(self.lane, self.slot.on).publish_at

    @property
    def past(self) -> list[PastVideo]:
        """The channel's videos that this one must not repeat."""
        from generation.steps.topic import NO_REPETITION

        moment = self.clock.now()
        return self.warehouse.past_videos(self.lane.channel.channel_id, moment - NO_REPETITION, moment)

    @property
    def last_films(self) -> list[PastVideo]:
        """What this video's sameness is measured against: the channel's videos of the last months, newest first."""
        from generation.policy.variation import LOOKED_BACK

        moment = self.clock.now()
        return self.warehouse.past_videos(self.lane.channel.channel_id, moment - LOOKED_BACK, moment)

    @property
    def outcomes(self) -> list[PastOutcome]:
        """What became of the channel's last videos, from which the learnt likelihood is recalibrated."""
        from training.recalibration import LAST

        return self.warehouse.past_outcomes(self.lane.channel.channel_id, self.clock.now(), LAST)

    @property
    def budget(self) -> "Budget":
        from generation.budget import Budget

        cap = usd(self.stack.settings.cost_cap_per_video_usd)
        return Budget(self.stack.cost_ledger, self.artifacts, self.slot, cap, self.clock)

    @contextmanager
    def computing(self, context: dg.AssetExecutionContext, *inputs: Any) -> Iterator[Callable[..., None]]:
        """Book the block's processor time as the step's; what it gives books the storage of files that the step made."""
        from generation.budget import LocalPrices, LocalWork

        settings = self.stack.settings
        prices = LocalPrices(settings.cpu_usd_per_hour, settings.storage_usd_per_gb_month)
        work = LocalWork(self.stack.cost_ledger, self.slot, prices, self.clock)
        step = context.asset_key.path[-1]
        with work.computing(step, digest_value(list(inputs)), context.run.run_id):
            yield lambda *files: work.store(step, files)

    @property
    def outbox(self) -> "PostgresOutbox":
        from generation.outbox import PostgresOutbox

        return PostgresOutbox(self.stack.engine, self.clock)

    @property
    def reviews(self) -> "PostgresReviews":
        from generation.reviews import LANE_SETTING, PostgresReviews

        return PostgresReviews(self.stack.engine, LANE_SETTING)

    @property
    def records(self) -> "SlotRecords":
        from generation.records import SlotRecords

        return SlotRecords(self.stack.engine, self.clock)


def video_asset(
    group: str, *kinds: str, pool: str | None = None, deps: tuple[str, ...] = (), checks: dict[str, str] | None = None
) -> Any:
    """Make an asset of a function that gives one value of a slot's video.

    The function's name is the asset's, its docstring the description; its arguments of other values' names are these values.
    `checks` are claims with their descriptions that the function judges; one that fails with ERROR ends the slot."""

    def decorate(make: Any) -> dg.AssetsDefinition:
        values = [name for name in signature(make).parameters if name not in {"context", "platform", "config"}]
        return dg.asset(
            key_prefix="video",
            description=make.__doc__,
            group_name=group,
            owners=["team:studio"],
            kinds={"python", *kinds},
            pool=pool,
            ins={name: dg.AssetIn(key=["video", name]) for name in values},
            deps=[dg.AssetKey(key.split("/")) for key in deps],
            partitions_def=slots,
            io_manager_key="artifact_io",
            check_specs=[
                dg.AssetCheckSpec(claim, asset=["video", make.__name__], description=text, blocking=True)
                for claim, text in (checks or {}).items()
            ],
        )(make)

    return decorate


@video_asset("planning", "postgres", deps=("reports/rpt_video_rising", "reports/rpt_topic_rising", "model_server"))
def topic(context: dg.AssetExecutionContext, platform: Platform) -> TopicChoice:
    """What the slot's video is about: a rising topic or video of the channel's niche that it did not tell about lately."""
    from generation.steps.topic import choose_topic

    with plain_failures(context):
        desk = Desk(context, platform)
        desk.records.begin(desk.lane, desk.slot, UUID(context.run.run_id))
        choice = choose_topic(desk.slot, desk.warehouse, desk.stack.scorer, desk.clock)
        desk.records.choose(choice)
        context.add_output_metadata(display.topic_metadata(choice))
        return choice


@video_asset("generation", pool="llm")
def script(context: dg.AssetExecutionContext, platform: Platform, topic: TopicChoice) -> Script:
    """Title, narration with a picture for each scene, description, tags and thumbnail brief; every number is in the data."""
    from generation.steps.script import write_script

    with plain_failures(context):
        desk = Desk(context, platform)
        with desk.computing(context, topic):
            written = write_script(topic, desk.stack.language, desk.budget)
        if written.fallback:
            context.log.warning(f"The local writer took over. {written.fallback}")
        context.add_output_metadata(display.script_metadata(written))
        return written


@video_asset(
    "generation",
    checks={
        "policy_allows_video": "The policy does not block the script; a warning where a person must look at the video first."
    },
)
def policy_verdict(context: dg.AssetExecutionContext, platform: Platform, script: Script) -> Judged[PolicyVerdict]:
    """Whether the script may become a video: terms, claims, links, disclosure, limits, variation; with what was modified."""
    from generation.steps.policy import judge_script

    with plain_failures(context):
        desk = Desk(context, platform)
        verdict = judge_script(script, desk.past, desk.artifacts)
    yield dg.Output(verdict, metadata=display.policy_metadata(verdict))
    yield from concluded(policy_allows_video(verdict))


@video_asset("generation", pool="llm")
def narration(context: dg.AssetExecutionContext, platform: Platform, policy_verdict: PolicyVerdict) -> SpokenScript:
    """The allowed script spoken, with the time of every word."""
    from generation.steps.narration import narrate

    with plain_failures(context):
        desk = Desk(context, platform)
        with desk.computing(context, policy_verdict) as store:
            spoken = narrate(policy_verdict, desk.stack.voice, desk.artifacts, desk.budget)
            store(*artifacts_in(spoken))
        if spoken.facts["fallback"]:
            context.log.warning(f"The local voice took over. {spoken.facts['fallback']}")
        context.add_output_metadata(display.narration_metadata(spoken, desk.artifacts))
        return spoken


@video_asset("generation", deps=("model_server",))
def thumbnail(
    context: dg.AssetExecutionContext, platform: Platform, policy_verdict: PolicyVerdict, narration: SpokenScript
) -> ThumbnailChoice:
    """Candidate pictures, scored by the ctr model; the best one is the video's."""
    from generation.steps.thumbnail import choose_thumbnail

    with plain_failures(context):
        desk = Desk(context, platform)
        with desk.computing(context, policy_verdict, narration) as store:
            choice = choose_thumbnail(policy_verdict, narration, desk.publish_at, desk.stack.scorer, desk.artifacts)
            store(*artifacts_in(choice))
        context.add_output_metadata(display.thumbnail_metadata(choice, desk.artifacts))
        return choice


def _rendered(
    context: dg.AssetExecutionContext,
    platform: Platform,
    verdict: PolicyVerdict,
    narration: SpokenScript,
    orientation: "Orientation",
) -> Film:
    from generation.steps.film import render_film

    with plain_failures(context):
        desk = Desk(context, platform)
        threads = desk.stack.settings.render_threads
        with desk.computing(context, verdict, narration) as store:
            progress = frames_teller(context.log.info)
            made = render_film(verdict, narration, desk.artifacts, orientation, threads=threads, on_progress=progress)
            store(*artifacts_in(made))
        context.add_output_metadata(display.film_metadata(made, desk.artifacts))
        return made


@video_asset("generation", "ffmpeg", pool="ffmpeg")
def film(context: dg.AssetExecutionContext, platform: Platform, policy_verdict: PolicyVerdict, narration: SpokenScript) -> Film:
    """The film: 1920×1080 at 30 frames per second, captions burned in and as SRT."""
    return _rendered(context, platform, policy_verdict, narration, "landscape")


@video_asset("generation", "ffmpeg", pool="ffmpeg")
def short(context: dg.AssetExecutionContext, platform: Platform, policy_verdict: PolicyVerdict, narration: SpokenScript) -> Film:
    """The short: the main scenes at 1080×1920, less than a minute, from the same plan."""
    return _rendered(context, platform, policy_verdict, narration, "portrait")


@video_asset(
    "generation",
    deps=("model_server",),
    checks={"quality_allows_publication": "The film is good enough; a warning where a person must look at it first."},
)
def quality_verdict(
    context: dg.AssetExecutionContext,
    platform: Platform,
    policy_verdict: PolicyVerdict,
    narration: SpokenScript,
    thumbnail: ThumbnailChoice,
    film: Film,
) -> Judged[QualityVerdict]:
    """A score of 0 to 100 from facts measured in the finished film, with its weights; the learnt likelihood stands beside it."""
    from generation.steps.quality import judge_quality
    from orchestration.viewing import film_page

    with plain_failures(context):
        desk = Desk(context, platform)
        with desk.computing(context, policy_verdict, narration, thumbnail, film):
            verdict = judge_quality(
                policy_verdict,
                narration,
                film,
                thumbnail,
                desk.last_films,
                desk.publish_at,
                desk.stack.scorer,
                desk.artifacts,
                desk.outcomes,
            )
        page = film_page(desk.stack.settings.state, verdict, film, thumbnail, desk.artifacts)
    yield dg.Output(verdict, metadata={"page": dg.MetadataValue.notebook(page), **display.quality_metadata(verdict)})
    yield from concluded(quality_allows_publication(verdict))


@video_asset("publishing", "youtube", pool="youtube_api")
def publication(
    context: dg.AssetExecutionContext,
    platform: Platform,
    policy_verdict: PolicyVerdict,
    quality_verdict: QualityVerdict,
    narration: SpokenScript,
    thumbnail: ThumbnailChoice,
    film: Film,
) -> Publication:
    """The upload, private with a moment of publishing and marked as synthetic media, through an outbox: never twice.

    A film that the verdicts leave to a person waits for `ytempire review approve`."""
    from generation.steps.publication import publish

    with plain_failures(context):
        desk = Desk(context, platform)
        desk.resume()
        uploader = desk.stack.youtube.at(desk.clock).uploader(ChannelId(desk.lane.channel.channel_id))
        verdicts, files, ports = (policy_verdict, quality_verdict), (film, thumbnail), (uploader, desk.outbox, desk.artifacts)
        settings = desk.stack.settings
        is_audited = settings.market is not Market.LIVE or settings.youtube_project_audited
        reached = publish(desk.lane, *verdicts, *files, *ports, desk.clock, reviews=desk.reviews, is_audited=is_audited)
        voice = str(narration.facts["voice"])
        desk.records.finish(policy_verdict, quality_verdict, film, voice, reached, UUID(context.run.run_id), thumbnail)
        context.add_output_metadata(display.publication_metadata(reached, desk.stack.cost_ledger.total(str(desk.slot))))
        return reached


@dg.failure_hook(required_resource_keys={"platform"})
def record_failure(context: dg.HookContext) -> None:
    """Note in `ops.generation_jobs` why a slot's run failed."""
    from generation.records import SlotRecords

    stack = context.resources.platform.get()
    error = context.op_exception
    reason = getattr(error, "description", None) or f"{context.op.name}: {type(error).__name__}"
    SlotRecords(stack.engine, stack.clock).fail(UUID(context.run_id), reason)


def policy_allows_video(verdict: PolicyVerdict) -> dg.AssetCheckResult:
    """The check of a policy verdict: an error where it blocks, a warning where a person must look at the video."""
    return dg.AssetCheckResult(
        check_name="policy_allows_video",
        passed=verdict.action <= Action.MODIFY,
        severity=dg.AssetCheckSeverity.ERROR if verdict.action is Action.BLOCK else dg.AssetCheckSeverity.WARN,
        description=verdict.reason or "Nothing was found.",
    )


def quality_allows_publication(verdict: QualityVerdict) -> dg.AssetCheckResult:
    """The check of a quality verdict: an error where the film is too weak, a warning where a person must look at it."""
    told = " ".join((f"The quality is {verdict.score:.0f} of 100.", *(verdict.vetoes or verdict.reasons)))
    return dg.AssetCheckResult(
        check_name="quality_allows_publication",
        passed=not verdict.is_refused and not verdict.waits,
        severity=dg.AssetCheckSeverity.ERROR if verdict.is_refused else dg.AssetCheckSeverity.WARN,
        description=told if verdict.is_refused or verdict.waits else f"The quality is {verdict.score:.0f} of 100.",
        metadata={"score": verdict.score},
    )


ASSETS = [topic, script, policy_verdict, narration, thumbnail, film, short, quality_verdict, publication]
CHECKS: list[dg.AssetChecksDefinition] = []
"""None of their own: the two verdicts carry their checks."""
