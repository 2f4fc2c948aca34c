"""When everything happens: a plan and its narration, laid out on the clock of a film. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from connectors.media.speech import Sentence, Word, caption_words
from connectors.media.voice import Narration
from core.digest import digest_bytes, digest_value
from core.errors import InvalidInput
from generation.media.captions import CaptionStyle, Cue, build_cues
from generation.media.plan import FilmPlan, Palette, Scene, Visual

Orientation = Literal["landscape", "portrait"]

FPS = 30
SAMPLE_RATE = 48_000
CROSSFADE_SECONDS = 0.4
SHORT_SECONDS = 59.5
"""A short may last 60 s; half a second is kept for the encoder's padding."""

_LEAD_SECONDS = 0.7  # picture before the first word
_TAIL_SECONDS = 1.8  # picture and music after the last
_SIZES: dict[Orientation, tuple[int, int]] = {"landscape": (1920, 1080), "portrait": (1080, 1920)}
CAPTION_STYLES: dict[Orientation, CaptionStyle] = {
    "landscape": CaptionStyle(width=1340, size=46, lines=2, words=13),
    "portrait": CaptionStyle(width=840, size=56, lines=2, words=7),
}


@dataclass(frozen=True)
class TimedScene:
    """A picture and its half-open range of frames. It fades in over its first CROSSFADE_SECONDS, unless it is the first."""

    visual: Visual
    first_frame: int
    last_frame: int

    @property
    def frames(self) -> int:
        """How many frames it lasts."""
        return self.last_frame - self.first_frame


@dataclass(frozen=True)
class SoundCut:
    """A piece of the narration, `source_start` to `source_end` on its clock, placed at `start` on the film's; in seconds."""

    source_start: float
    source_end: float
    start: float


@dataclass(frozen=True)
class Timeline:
    """A film ready to be rendered.

    Attributes:
        width, height: of the picture in pixels; `orientation` follows from them.
        fps: frames per second.
        frames: how many there are.
        scenes: in order, without gaps, covering all frames.
        cuts: the pieces of `narration` that are heard.
        words: the words of these pieces on the film's clock.
        captions: the same words as cues.
        palette, channel, title, language, seed: of the plan.
    """

    width: int
    height: int
    fps: int
    frames: int
    scenes: tuple[TimedScene, ...]
    narration: Narration
    cuts: tuple[SoundCut, ...]
    words: tuple[Word, ...]
    captions: tuple[Cue, ...]
    palette: Palette
    channel: str
    title: str
    language: str
    seed: int

    @property
    def duration_seconds(self) -> float:
        """Length of the film."""
        return self.frames / self.fps

    @property
    def orientation(self) -> Orientation:
        """Landscape or portrait."""
        return "portrait" if self.height > self.width else "landscape"

    @property
    def digest(self) -> str:
        """Content hash: equal timelines render to equal bytes with equally many threads."""
        silent = replace(self, narration=replace(self.narration, wav=b""))
        facts = {name: getattr(silent, name) for name in silent.__dataclass_fields__ if name != "narration"}
        return digest_value([facts, self.narration.facts(), digest_bytes(self.narration.wav)])


@dataclass(frozen=True)
class _Spoken:
    """A scene with its sentences of the narration."""

    scene: Scene
    sentences: tuple[Sentence, ...]

    @property
    def start(self) -> float:
        return self.sentences[0].start_seconds

    @property
    def end(self) -> float:
        return self.sentences[-1].end_seconds


def build_timeline(plan: FilmPlan, narration: Narration, *, orientation: Orientation) -> Timeline:
    """Lay a plan out on the clock of its narration.

    A scene is on screen while its sentences are spoken. A portrait timeline keeps the scenes that are marked `in_short`, and
    leaves out the last of these before the closing until it lasts at most SHORT_SECONDS.

    Raises InvalidInput when the narration does not speak the plan's script.
    """
    spoken = _align(plan, narration)
    if orientation == "portrait":
        spoken = _shortened(spoken)
    width, height = _SIZES[orientation]
    cuts: list[SoundCut] = []
    words: list[Word] = []
    sentences: list[Sentence] = []
    starts: list[float] = []
    clock = _LEAD_SECONDS
    for before, part in zip((None, *spoken), spoken, strict=False):
        gap = _pause_before(part, before, narration)
        clock += gap if before else 0.0
        shift = clock - part.start
        starts.append(max(clock - CROSSFADE_SECONDS, clock - gap) if before else 0.0)
        cuts.append(SoundCut(part.start, part.end, clock))
        for sentence in part.sentences:
            own = narration.words[sentence.first_word : sentence.first_word + sentence.word_count]
            sentences.append(replace(sentence, first_word=len(words)))
            words += [Word(word.text, word.start_seconds + shift, word.end_seconds + shift) for word in own]
        clock += part.end - part.start
    frames = ceil((clock + _TAIL_SECONDS) * FPS)
    ends = (*starts[1:], frames / FPS)
    leave_by = [end for part, end in zip(spoken, ends, strict=True) for _ in part.sentences]
    firsts = [round(start * FPS) for start in starts]
    return Timeline(
        width=width,
        height=height,
        fps=FPS,
        frames=frames,
        scenes=tuple(
            TimedScene(part.scene.visual, first, last)
            for part, first, last in zip(spoken, firsts, (*firsts[1:], frames), strict=True)
        ),
        narration=narration,
        cuts=tuple(cuts),
        words=tuple(words),
        captions=build_cues(words, sentences, CAPTION_STYLES[orientation], leave_by),
        palette=plan.palette,
        channel=plan.channel,
        title=plan.title,
        language=plan.language,
        seed=plan.seed,
    )


def _align(plan: FilmPlan, narration: Narration) -> tuple[_Spoken, ...]:
    """Find each scene's sentences by counting words: the same normaliser made the narration's words."""
    mismatch = InvalidInput("The narration does not speak the plan's script.", "Make the narration from `plan.script`.")
    spoken, number, sentences = [], 0, list(narration.sentences)
    for scene in plan.scenes:
        texts = [word.text for word in caption_words(scene.narration, language=plan.language)]
        if [word.text for word in narration.words[number : number + len(texts)]] != texts:
            raise mismatch
        number += len(texts)
        own = []
        while sentences and sentences[0].first_word < number:
            own.append(sentences.pop(0))
        if not own or own[-1].first_word + own[-1].word_count != number:
            raise mismatch
        spoken.append(_Spoken(scene, tuple(own)))
    if number != len(narration.words):
        raise mismatch
    return tuple(spoken)


def _shortened(spoken: Sequence[_Spoken]) -> tuple[_Spoken, ...]:
    last = len(spoken) - 1
    kept = [part for number, part in enumerate(spoken) if part.scene.in_short or number in (0, last)]

    def seconds() -> float:
        pauses = 0.6 * (len(kept) - 1)
        return _LEAD_SECONDS + _TAIL_SECONDS + pauses + sum(part.end - part.start for part in kept)

    while len(kept) > 1 and seconds() > SHORT_SECONDS:
        kept.pop(-2 if len(kept) > 2 else -1)
    return tuple(kept)


def _pause_before(part: _Spoken, before: _Spoken | None, narration: Narration) -> float:
    """The voice's own pause where the two scenes follow each other in the narration, half a second where some were left out."""
    if before is None:
        return _LEAD_SECONDS
    last = before.sentences[-1]
    follows = last.first_word + last.word_count == part.sentences[0].first_word
    return min(max(part.start - before.end, 0.25), 0.6) if follows else 0.5
