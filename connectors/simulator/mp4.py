"""How long an MP4 file plays, read from its `mvhd` box (ISO/IEC 14496-12); enough to know an uploaded film from noise."""

from __future__ import annotations

import math
from typing import BinaryIO


def duration_seconds(file: BinaryIO) -> int | None:
    """Whole seconds, rounded up; None when the file is no playable MP4."""
    moov = _find(file, b"moov", 0, None)
    mvhd = None if moov is None else _find(file, b"mvhd", *moov)
    if mvhd is None:
        return None
    file.seek(mvhd[0])
    head = file.read(32)
    if len(head) < 32:
        return None
    skip, width = (20, 8) if head[0] == 1 else (12, 4)
    scale = int.from_bytes(head[skip : skip + 4], "big")
    units = int.from_bytes(head[skip + 4 : skip + 4 + width], "big")
    return math.ceil(units / scale) if scale and units else None


def _find(file: BinaryIO, name: bytes, begin: int, end: int | None) -> tuple[int, int] | None:
    """First and last + 1 byte of the content of a box among its siblings."""
    at = begin
    while end is None or at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return None
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        if size < header:
            return None
        if head[4:8] == name:
            return at + header, at + size
        at += size
    return None
