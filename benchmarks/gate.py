"""The quality gate before faulty and sound films (G8, G28): no fault is approved, hardly a sound film is held, and it is quick.

Ten short films of full size are rendered by the product. Faults are planted in the finished files by ffmpeg, or in the times of
the voice and the colours of the plan before a film is rendered; the sound films are the same ten as another encoder, another
volume or another player would have them. Prints a JSON line for each kind of fault and of sound film, and a summary: faults
approved (0 wanted), sound films held (at most 2 of 100), AUC of the score (at least 0.95) and of the mean without floors, seconds
of the check of a film of a minute (less than 2).

    python benchmarks/gate.py [--faults 200] [--sound 100] [--pairs 20] [--folder FOLDER] [--workers 2] [--no-minute]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.gate_films import MOMENT, Made, Scorer, make, script_of, ten
from core.errors import YtempireError
from generation.artifacts import ArtifactStore
from generation.media.encoder import ffmpeg
from generation.steps.film import render_film
from generation.steps.quality import ASPECTS, judge_quality
from generation.values import QualityVerdict

_PICTURE = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "21", "-pix_fmt", "yuv420p")
_SOUND = ("-c:a", "aac", "-b:a", "192k")
_BAND, _PLACE = "1460:156:230:868", "230:868:1460:156"  # where the captions stand, as crop and as drawbox take it


class Film(NamedTuple):
    """A film to spoil: its file, another one, its seconds."""

    path: Path
    other: Path
    seconds: float


_ZERO = "setpts=PTS-STARTPTS"

Plant = Callable[[Film, float, float], list[str]]
"""Of a film, a strength and a moment: the arguments of ffmpeg behind the film (input 0) and the other one (input 1)."""


def _picture(chain: str) -> list[str]:
    return ["-map", "0:v", "-map", "0:a", "-vf", chain, *_PICTURE, "-c:a", "copy"]


def _sound(chain: str) -> list[str]:
    return ["-map", "0:v", "-map", "0:a", "-c:v", "copy", "-af", chain, *_SOUND]


def _graph(chain: str) -> list[str]:
    return ["-filter_complex", f"{chain}[out]", "-map", "[out]", "-map", "0:a", *_PICTURE, "-c:a", "copy"]


def _span(at: float, seconds: float) -> str:
    """From a moment on, or all of the film for a long span."""
    return f"enable='between(t,{0 if seconds > 20 else at},{at + seconds})'"


def _fit(film: Film) -> str:
    return f"apad=whole_dur={film.seconds:.2f},atrim=0:{film.seconds:.2f}"


def _band(change: str) -> str:
    return f"[0:v]split[a][b];[b]crop={_BAND},{change}[c];[a][c]overlay=230:868:shortest=1"


PLANTS: dict[str, tuple[tuple[float, ...], str, Plant]] = {
    # kind: strengths, the weakest first; what they are; how it is planted
    "black": ((0.5, 2, 30), "s", lambda f, s, t: _picture(f"drawbox=c=black:t=fill:{_span(t, s)}")),
    "frozen": ((2.5, 5, 30), "s", lambda f, s, t: _picture(f"select='not(between(t,3,{3 + s}))',fps=30")),
    "no captions": ((1.5, 4, 30), "s", lambda f, s, t: _picture(f"drawbox={_PLACE}:c=0x101018:t=fill:{_span(t, s)}")),
    "captions late": ((0.5, 1, 3), "s", lambda f, s, t: _graph(_band(f"tpad=start_duration={s}"))),
    "captions early": (
        (0.5, 1, 3),
        "s",
        lambda f, s, t: _graph(_band(f"trim=start={s},{_ZERO},tpad=stop_duration={s}:stop_mode=clone")),
    ),
    "captions faint": ((0.25, 0.1), "of the contrast", lambda f, s, t: _graph(_band(f"eq=contrast={s}:brightness=-0.2"))),
    "captions blurred": ((5, 10), "pixels", lambda f, s, t: _graph(_band(f"gblur=sigma={s}"))),
    "blurred": ((4, 12), "pixels", lambda f, s, t: _picture(f"gblur=sigma={s}")),
    "noisy picture": ((25, 40, 90), "levels", lambda f, s, t: _picture(f"noise=alls={s:.0f}:allf=t")),
    "mirrored": ((1,), "", lambda f, s, t: _picture("hflip")),
    "other colours": ((60, 180), "degrees", lambda f, s, t: _picture(f"hue=h={s}")),
    "shrunk": ((0.9, 0.6), "of the size", lambda f, s, t: _picture(f"scale=iw*{s}:ih*{s},pad=1920:1080:(ow-iw)/2:(oh-ih)/2")),
    "wrong size": ((900, 720, 360), "pixels high", lambda f, s, t: _picture(f"scale=-2:{s:.0f}")),
    "wrong rate": ((24, 15, 5), "per second", lambda f, s, t: _picture(f"fps={s:.0f}")),
    "scenes swapped": (
        (3, 6),
        "s",
        lambda f, s, t: _graph(
            f"[0:v]split=3[x][y][z];[x]trim={s}:{2 * s},setpts=PTS-STARTPTS[p];[y]trim=0:{s},setpts=PTS-STARTPTS[q];"
            f"[z]trim=start={2 * s},setpts=PTS-STARTPTS[r];[p][q][r]concat=3"
        ),
    ),
    "picture of another": ((1,), "", lambda f, s, t: ["-map", "1:v", "-map", "0:a", "-c", "copy", "-shortest"]),
    "ends early": ((0.5, 3, 10), "s", lambda f, s, t: ["-map", "0", "-c", "copy", "-t", f"{f.seconds - s:.2f}"]),
    "mute": ((1.5, 4, 60), "s", lambda f, s, t: _sound(f"volume=0:{_span(t, s)}")),
    "no sound": ((1,), "", lambda f, s, t: ["-map", "0:v", "-c", "copy"]),
    "speech cut": ((0.6, 3), "s", lambda f, s, t: _sound(f"aselect='not(between(t,{t},{t + s}))',asetpts=N/SR/TB,{_fit(f)}")),
    "sound late": ((0.25, 0.6, 2), "s", lambda f, s, t: _sound(f"adelay={1000 * s:.0f}:all=1,atrim=0:{f.seconds:.2f}")),
    "sound early": ((0.25, 0.6, 2), "s", lambda f, s, t: _sound(f"atrim=start={s},asetpts=PTS-STARTPTS,apad=pad_dur={s}")),
    "sound drifts": ((1.03, 0.97, 1.2), "of the pace", lambda f, s, t: _sound(f"atempo={s},{_fit(f)}")),
    "sound of another": ((1,), "", lambda f, s, t: ["-map", "0:v", "-map", "1:a", "-c", "copy", "-shortest"]),
    "clipped": ((6, 12, 24), "dB", lambda f, s, t: _sound(f"volume={s}dB")),
    "clipped and turned down": ((14, 24), "dB", lambda f, s, t: _sound(f"volume={s}dB,aformat=s16,volume={-s * 0.6:.1f}dB")),
    "too quiet": ((12, 30), "dB", lambda f, s, t: _sound(f"volume=-{s}dB")),
    "one side": ((9, 60), "dB", lambda f, s, t: _sound(f"pan=stereo|c0=c0|c1={10 ** (-s / 20):.4f}*c1")),
    "noisy sound": (
        (0.15, 0.4),
        "of full scale",
        lambda f, s, t: [
            "-filter_complex",
            f"anoisesrc=a={s}:r=48000:d={f.seconds:.2f}:seed=1,aformat=channel_layouts=stereo[n];"
            "[0:a][n]amix=2:normalize=0:duration=first[out]",
            "-map",
            "0:v",
            "-map",
            "[out]",
            "-c:v",
            "copy",
            *_SOUND,
        ],
    ),
}
"""What ffmpeg does to a finished file."""

BYTES: dict[str, tuple[float, ...]] = {"file cut off": (0.95, 0.6), "file damaged": (10, 60)}
"""What is done to the bytes of a file: how much of it is left; how many times 4,096 bytes of it are overwritten."""

PLANS: dict[str, tuple[float, ...]] = {
    "times collapse": (0.6, 0.2),
    "times run early": (0.8, 0.6),
    "colours too near": (0.2, 0.1),
}
"""What is wrong before a film is rendered: the part of the sound in which all words are said to lie; how much of their time they
are said to need; how far the ink is from the background."""

SOUND: dict[str, tuple[str, ...]] = {
    "as rendered": ("-c", "copy"),
    "encoded anew, finer": ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "17", "-c:a", "copy"),
    "encoded anew, coarser": ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-c:a", "copy"),
    "few key frames": ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "21", "-g", "300", "-c:a", "copy"),
    "a little grain": ("-vf", "noise=alls=3:allf=t", *_PICTURE, "-c:a", "copy"),
    "richer colours": ("-vf", "eq=saturation=1.06", *_PICTURE, "-c:a", "copy"),
    "louder": ("-c:v", "copy", "-af", "volume=1dB", *_SOUND),
    "quieter": ("-c:v", "copy", "-af", "volume=-1.5dB", *_SOUND),
    "coarser sound": ("-c:v", "copy", "-c:a", "aac", "-b:a", "112k"),
    "sound of 44.1 kHz": ("-c:v", "copy", "-c:a", "aac", "-ar", "44100", "-b:a", "160k"),
}


class Bench:
    """Films, spoiled and judged."""

    def __init__(self, films: list[Made], artifacts: ArtifactStore) -> None:
        self.films, self.artifacts = films, artifacts

    def judge(self, made: Made, path: Path | None = None) -> QualityVerdict | None:
        """The verdict on a film, or on another file in its place; None when the check itself refuses it."""
        film = made.film
        kept = self.artifacts.put_file(path) if path else film.film
        try:
            return judge_quality(
                made.verdict,
                made.spoken,
                film.model_copy(update={"film": kept}),
                made.thumbnail,
                [],
                MOMENT,
                Scorer(),
                self.artifacts,
            )
        except YtempireError:
            return None
        finally:
            if kept != film.film:
                self.artifacts.discard(kept)

    def spoil(self, number: int, plants: list[tuple[str, float]], moment: float, folder: Path) -> Path:
        """A copy of a film in a folder, with the faults planted one after the other."""
        made, other = self.films[number], self.films[(number + 1) % len(self.films)]
        path = self.artifacts.path(made.film.film)
        for at, (kind, strength) in enumerate(plants):
            output = folder / f"fault{at}.mp4"
            film = Film(path, self.artifacts.path(other.film.film), made.film.duration_seconds)
            if kind in BYTES:
                output.write_bytes(_broken(path.read_bytes(), kind, strength))
            else:
                self.run(film, PLANTS[kind][2](film, strength, moment), output)
            path = output
        return path

    @staticmethod
    def run(film: Film, arguments: list[str], output: Path) -> None:
        """Run ffmpeg over a film."""
        command = [ffmpeg(), "-y", "-nostdin", "-v", "error", "-i", str(film.path), "-i", str(film.other), *arguments]
        subprocess.run([*command, "-movflags", "+faststart", str(output)], check=True, stdin=subprocess.DEVNULL)

    def misplanned(self, number: int, kind: str, strength: float) -> Made | None:
        """A film rendered from a voice with wrong times, or in colours that cannot be read; None when it cannot be rendered."""
        made = self.films[number]
        verdict, spoken = made.verdict, made.spoken
        if kind == "colours too near":
            palette = made.verdict.script.plan.palette
            ink = _towards(palette.background, strength)
            plan = replace(made.verdict.script.plan, palette=replace(palette, text=ink, muted=ink))
            script = made.verdict.script.model_copy(update={"plan": plan})
            verdict = made.verdict.model_copy(update={"script": script})
        else:
            spoken = spoken.model_copy(update={"facts": _retimed(spoken.facts, kind, strength, spoken.duration_seconds)})
        try:
            film = render_film(verdict, spoken, self.artifacts, "landscape")
        except YtempireError:
            return None
        return Made(verdict, spoken, film, made.thumbnail)


def _broken(content: bytes, kind: str, strength: float) -> bytes:
    if kind == "file cut off":
        return content[: round(len(content) * strength)]
    broken, chance = bytearray(content), random.Random(len(content))
    first = content.index(b"mdat") + 4096
    for _ in range(round(strength)):
        at = chance.randrange(first, len(content) - 4096)
        broken[at : at + 4096] = chance.randbytes(4096)
    return bytes(broken)


def _retimed(facts: dict, kind: str, strength: float, seconds: float) -> dict:
    """The times of all words beyond `strength` of the sound collapse upon it, or all run early by it."""

    def moved(at: float) -> float:
        if kind == "times run early":
            return at * strength
        return min(at, strength * seconds) if at < strength * seconds else strength * seconds + (at / seconds - strength) * 0.05

    def timed(one: dict) -> dict:
        return {**one, "start_seconds": moved(one["start_seconds"]), "end_seconds": moved(one["end_seconds"])}

    return {**facts, "words": [timed(word) for word in facts["words"]], "sentences": [timed(one) for one in facts["sentences"]]}


def _towards(colour: str, share: float) -> str:
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in parts)


def faults(count: int) -> list[tuple[str, float]]:
    """So many kinds and strengths in turn: every kind at its weakest first."""
    kinds = {**{kind: plant[0] for kind, plant in PLANTS.items()}, **BYTES, **PLANS}
    rounds = [(kind, strengths[turn % len(strengths)]) for turn in range(12) for kind, strengths in kinds.items()]
    few = dict.fromkeys(PLANS, 0)
    chosen = []
    for kind, strength in rounds:
        if kind in few:  # each is a film rendered anew
            few[kind] += 1
            if few[kind] > 2:
                continue
        chosen.append((kind, strength))
    return chosen[:count]


def auc(worse: list[float], better: list[float]) -> float:
    """The chance that one of the better scores more than one of the worse; equals count half."""
    pairs = [(low < high) + (low == high) / 2 for low in worse for high in better]
    return statistics.fmean(pairs) if pairs else float("nan")


def mean_of(verdict: QualityVerdict | None) -> float:
    """The weighted mean of the aspects, as if there were no floors."""
    return sum(ASPECTS[aspect] * value for aspect, value in verdict.aspects.items()) if verdict else 0.0


def main() -> None:
    """Plant, judge, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--sound", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=20, help="films with two faults at once")
    parser.add_argument("--folder", type=Path, help="keeps the rendered films for the next run")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", help="only this kind of fault")
    parser.add_argument("--no-minute", action="store_true", help="leave out the film of a minute")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        artifacts, films = ten(arguments.folder or Path(name) / "films")
        bench = Bench(films, artifacts)
        wrong, sound = _faulty(bench, arguments, chance), _sound_films(bench, arguments)
        approved = sum(verdict is not None and verdict.decision == "auto_approve" for verdict in wrong)
        waiting = sum(verdict is not None and verdict.waits for verdict in wrong)
        summary = {
            "benchmark": "gate",
            "film_seconds": [round(made.film.duration_seconds, 1) for made in films],
            "kinds_of_faults": len(PLANTS) + len(BYTES) + len(PLANS),
            "faults": len(wrong),
            "faults_approved": approved,
            "faults_left_to_a_person": waiting,
            "sound": len(sound),
            "sound_held": sum(verdict is None or verdict.decision != "auto_approve" for verdict in sound),
            "auc": round(auc([one.score if one else 0 for one in wrong], [one.score if one else 0 for one in sound]), 4),
            "auc_of_the_mean": round(auc([*map(mean_of, wrong)], [*map(mean_of, sound)]), 4),
        }
        if not arguments.no_minute:
            summary |= _minute(bench)
    print(json.dumps(summary))


def _faulty(bench: Bench, arguments: argparse.Namespace, chance: random.Random) -> list[QualityVerdict | None]:
    told: dict[str, list[QualityVerdict | None]] = defaultdict(list)
    chosen = [one for one in faults(arguments.faults) if not arguments.only or one[0] in arguments.only]
    singles = [kind for kind in PLANTS if kind not in ("no sound", "wrong size", "ends early")]
    plans = [[fault] for fault in chosen]
    for _ in range(arguments.pairs):  # one in the picture and one in the sound, at their weakest
        pair = [
            chance.choice([kind for kind in singles if (PLANTS[kind][2](_ANY, 1, 1)[-1] == "copy") == on]) for on in (True, False)
        ]
        plans.append([(kind, PLANTS[kind][0][0]) for kind in pair])
    moments = [round(chance.uniform(2, 9), 2) for _ in plans]

    def judged(at: int) -> QualityVerdict | None:
        plan, number = plans[at], at % len(bench.films)
        kind, strength = plan[0]
        if kind in PLANS:
            made = bench.misplanned(number, kind, strength)
            return bench.judge(made) if made else None
        with tempfile.TemporaryDirectory() as folder:
            return bench.judge(bench.films[number], bench.spoil(number, plan, moments[at], Path(folder)))

    with ThreadPoolExecutor(arguments.workers) as pool:
        for at, verdict in enumerate(pool.map(judged, range(len(plans)))):
            told[plans[at][0][0] if len(plans[at]) == 1 else "two at once"].append(verdict)
            if verdict is not None and not verdict.is_refused:
                missed = {"passed": plans[at], "film": at % len(bench.films), "moment": moments[at], "score": verdict.score}
                print(json.dumps(missed), flush=True)
    for kind, verdicts in told.items():
        scores = [verdict.score if verdict else 0.0 for verdict in verdicts]
        why = next((verdict.vetoes[0] for verdict in verdicts if verdict and verdict.vetoes), "the check refused the file")
        line = {
            "fault": kind,
            "films": len(verdicts),
            "approved": sum(one is not None and one.decision == "auto_approve" for one in verdicts),
            "score_at_most": max(scores),
            "for_example": why,
        }
        print(json.dumps(line), flush=True)
    return [verdict for verdicts in told.values() for verdict in verdicts]


_ANY = Film(Path(), Path(), 20.0)


def _sound_films(bench: Bench, arguments: argparse.Namespace) -> list[QualityVerdict | None]:
    told: dict[str, list[QualityVerdict | None]] = defaultdict(list)
    films, kinds = [], []
    for at in range(arguments.sound):  # every kind in turn, each time on another film
        films.append((at + at // len(SOUND)) % len(bench.films))
        kinds.append(list(SOUND)[at % len(SOUND)])

    def judged(at: int) -> QualityVerdict | None:
        made = bench.films[films[at]]
        path = bench.artifacts.path(made.film.film)
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "sound.mp4"
            bench.run(Film(path, path, made.film.duration_seconds), ["-map", "0", *SOUND[kinds[at]]], output)
            return bench.judge(made, output)

    with ThreadPoolExecutor(arguments.workers) as pool:
        for at, verdict in enumerate(pool.map(judged, range(arguments.sound))):
            told[kinds[at]].append(verdict)
            if verdict is None or verdict.decision != "auto_approve":
                why = (verdict.score, *verdict.vetoes, *verdict.reasons) if verdict else "the check refused the file"
                print(json.dumps({"held": kinds[at], "film": films[at], "why": why}), flush=True)
    for kind, verdicts in told.items():
        print(
            json.dumps(
                {"sound": kind, "films": len(verdicts), "score_at_least": min(one.score if one else 0 for one in verdicts)}
            )
        )
    return [verdict for verdicts in told.values() for verdict in verdicts]


def _minute(bench: Bench) -> dict[str, object]:
    """The check of a film of a minute, three times."""
    script = script_of(0)
    scenes = (script.plan.scenes[0], *(script.plan.scenes[1:-1] * 4), script.plan.scenes[-1])
    made = make(script.model_copy(update={"plan": replace(script.plan, scenes=scenes)}), bench.artifacts)
    walls, cpus = [], []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        bench.judge(made)
        walls.append(round(time.perf_counter() - wall, 2))
        cpus.append(round(time.process_time() - cpu, 2))
    return {
        "check_film_seconds": round(made.film.duration_seconds, 1),
        "check_seconds": walls,
        "check_cpu_seconds_of_python": cpus,
    }


if __name__ == "__main__":
    main()
