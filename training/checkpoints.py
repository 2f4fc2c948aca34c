"""Where a fit stands after each epoch, on disk, so that one that was killed goes on where it was.

A checkpoint is one file that is named by epoch and digest and appears whole or not at all. It is read as data
(`torch.load(weights_only=True)`): a file from elsewhere can run no code."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from core.digest import digest_file
from core.errors import Damaged

LOGGER = logging.getLogger(__name__)

_KEPT = 2
_DIGITS = 16


class Checkpoints:
    """The checkpoints of one fit, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, epoch: int, save: Callable[[Path], None], is_first: bool = True) -> None:
        """Keep the state after an epoch, which `save` writes to the path it is given. The two newest are kept.

        `is_first` is False in all but one of several processes that save together.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{epoch}.draft"
        save(draft)
        if is_first:
            draft.replace(self._folder / f"epoch-{epoch:05d}-{digest_file(draft)[:_DIGITS]}.ckpt")
            for old in self._paths()[_KEPT:]:
                old.unlink(missing_ok=True)

    def newest(self, report: Callable[[str], None] = LOGGER.warning) -> Path | None:
        """The newest whole checkpoint, if any. A damaged one is told of and removed: the one before it is taken, or none."""
        for path in self._paths():
            try:
                check(path)
            except Damaged as error:
                report(str(error))
                path.unlink()
            else:
                return path
        return None

    def clear(self) -> None:
        """Forget them all: the fit is done."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("epoch-*.ckpt"), reverse=True)


def check(path: Path) -> None:
    """Raise Damaged when a checkpoint is not as it was written, or is none."""
    import pickle

    import torch

    try:
        is_whole = digest_file(path)[:_DIGITS] == path.stem.rpartition("-")[2]
        content = torch.load(path, map_location="cpu", weights_only=True) if is_whole else None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
        content = None
    if not isinstance(content, dict) or "state_dict" not in content:
        raise Damaged(f"Checkpoint {path} is damaged.", "It is left out: the fit goes on from the one before it, or begins anew.")
