"""Folders of state: made with a clear refusal where the machine does not allow it, and enough free space before writing."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from core.errors import Environment

MINIMUM_FREE_BYTES = 10**9
"""A margin: it is better to refuse before the work than to fail in the middle of it."""

_REASONS = {
    errno.ENAMETOOLONG: "its path is too long",
    errno.EACCES: "the permission is missing",
    errno.EPERM: "the permission is missing",
    errno.EROFS: "its file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.ENOTDIR: "a part of its path is a file",
    errno.EEXIST: "a file of that name is there",
}


def make_folder(path: Path, mode: int = 0o755) -> Path:
    """Create a folder and its parents unless present. Raises Environment saying why it cannot be."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or "unknown reason")
        shown = str(path) if len(str(path)) < 200 else f"{str(path)[:80]}…"
        raise Environment(f"The folder {shown} cannot be made: {reason}.", "Set YTEMPIRE_HOME to another folder.") from None
    return path


def require_free_space(path: Path, needed_bytes: int = MINIMUM_FREE_BYTES) -> None:
    """Raise Environment when the disk of an existing folder has less than `needed_bytes` left."""
    free = shutil.disk_usage(path).free
    if free < needed_bytes:
        raise Environment(
            f"The disk of {path} has {free / 1e9:.1f} GB left, and {needed_bytes / 1e9:.1f} GB are needed.",
            "Free some space, or set YTEMPIRE_HOME to a folder on another disk.",
        )
