"""Whether the times that a voice service tells belong to its sound. They are never trusted unmeasured: public reports have them
collapsed to one value, ahead of the sound, or ending early, and a film cut by such times loses its speech."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import Damaged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAME_SECONDS = 0.02
_AUDIBLE = 0.02
"""Of the loudest frame: what is quieter is a pause."""
_END_SECONDS, _END_SHARE = 0.4, 0.015
"""How far the last word may end from the end of what is heard."""
_SLACK_SECONDS = 0.05
_SHORTEST_WORD = 0.02
_MOST_SHORT_WORDS = 0.02
_RUN = 10
_SLOWEST, _FASTEST = 3.0, 35.0
"""Characters a second over a run of words: speech has ten to twenty, with pauses five."""
_LEAST_HEARD, _LEAST_TIMED = 0.5, 0.85


def check_times(text: str, begins: Sequence[float], ends: Sequence[float], samples: NDArray[np.int16], rate: int) -> None:
    """Hold the start and end of each character of a spoken text, in seconds, against its sound (mono, `rate` samples a second).

    Raises Damaged, which says what does not fit."""
    if not all(math.isfinite(second) and second >= 0 for second in (*begins, *ends)):
        raise _damaged("hold a value that is not a time")
    if any(later < earlier - _SLACK_SECONDS for earlier, later in pairwise(begins)) or any(
        end < begin - _SLACK_SECONDS for begin, end in zip(begins, ends, strict=True)
    ):
        raise _damaged("run backwards")
    words = [(begins[found.start()], ends[found.end() - 1], found.end() - found.start()) for found in re.finditer(r"\S+", text)]
    short = sum(end - begin < _SHORTEST_WORD for begin, end, _ in words)
    if short > _MOST_SHORT_WORDS * len(words):
        raise _damaged(f"give {short} of {len(words)} words no length")
    heard = _heard(samples, rate)
    if not heard.any():
        raise Damaged("The voice service sent silence.", "Try again, or choose another voice.")
    loud = heard.nonzero()[0]
    heard_until, seconds = float(loud[-1] + 1) * _FRAME_SECONDS, len(samples) / rate
    slack = max(_END_SECONDS, _END_SHARE * seconds)
    last = max(end for _, end, _ in words)
    if not heard_until - slack <= last <= seconds + slack:
        raise _damaged(f"end at {last:.1f} s, and the sound at {heard_until:.1f} s")
    for run in (words[number : number + _RUN] for number in range(max(len(words) - _RUN + 1, 1))):
        length = max(run[-1][1] - run[0][0], 1e-9)
        pace = sum(characters + 1 for _, _, characters in run) / length
        if pace > _FASTEST or (pace < _SLOWEST and len(run) == _RUN):
            raise _damaged(f"have {pace:.0f} characters a second at {run[0][0]:.1f} s")
    _check_against(heard, words)


def _check_against(heard: NDArray[np.bool_], words: Sequence[tuple[float, float, int]]) -> None:
    import numpy as np

    timed = np.zeros(len(heard), bool)
    for begin, end, _ in words:
        timed[int(begin / _FRAME_SECONDS) : math.ceil(end / _FRAME_SECONDS)] = True
    both = float((heard & timed).sum())
    if both < _LEAST_HEARD * timed.sum() or both < _LEAST_TIMED * heard.sum():
        raise _damaged("lie where nothing is heard, or leave out where something is")


def _heard(samples: NDArray[np.int16], rate: int) -> NDArray[np.bool_]:
    """For each frame of the sound whether something is heard in it."""
    import numpy as np

    size = max(int(rate * _FRAME_SECONDS), 1)
    padded = np.pad(samples.astype(np.float64), (0, -len(samples) % size))
    level = np.sqrt((padded.reshape(-1, size) ** 2).mean(axis=1))
    heard: NDArray[np.bool_] = level > max(_AUDIBLE * level.max(initial=0.0), 1.0)
    return heard


def _damaged(what: str) -> Damaged:
    return Damaged(f"The voice's word times {what}.", "Try again, or choose another voice.")
