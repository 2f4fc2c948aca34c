"""Seeded randomness and identifiers: everything in the world follows from a seed and a name, in any process and any order."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

_ROUNDS = 4
_MARK = 0x5EED


def stream(seed: int, *name: object) -> np.random.Generator:
    """Return the random stream that belongs to a seed and a name; equal arguments give equal numbers everywhere."""
    text = "\x1f".join(str(part) for part in (seed, *name))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")))


def token(*name: object, length: int = 22) -> str:
    """Return `length` base64url characters that follow from a name alone."""
    text = "\x1f".join(str(part) for part in name)
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=48).digest()).decode()[:length]


def channel_id(handle: str) -> str:
    """The channel id of a handle: `UC` and 22 characters, the same under every seed."""
    return "UC" + token("channel", handle)


class Origin(IntEnum):
    """Where a video of the simulated world comes from."""

    OWN = 1
    MARKET = 2
    UPLOAD = 3


@dataclass(frozen=True, slots=True)
class VideoKey:
    """What a simulated video id stands for: its origin, the day (ordinal) and the number within the day."""

    origin: Origin
    day: int
    number: int


class VideoIds:
    """Turns keys into 11-character video ids and back without keeping a list.

    A keyed Feistel network of four rounds over 64 bits: origin and mark (24 bits), day (20), number (20). An id that was
    not made here fails the mark with a chance of 1 - 2^-16.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _round(self, number: int, half: int) -> int:
        digest = hashlib.blake2b(struct.pack(">IQ", half, number), key=str(self._seed).encode()[:64], digest_size=4).digest()
        return int.from_bytes(digest, "big")

    def encode(self, key: VideoKey) -> str:
        """Return the id of a key."""
        packed = (key.origin << 56) | (_MARK << 40) | (key.day << 20) | key.number
        left, right = packed >> 32, packed & 0xFFFFFFFF
        for number in range(_ROUNDS):
            left, right = right, left ^ self._round(number, right)
        return base64.urlsafe_b64encode(struct.pack(">II", left, right)).decode()[:11]

    def decode(self, video_id: str) -> VideoKey | None:
        """Return the key of an id, or None when no simulated video has this id."""
        try:
            left, right = struct.unpack(">II", base64.urlsafe_b64decode(video_id + "="))
        except (ValueError, struct.error):
            return None
        for number in reversed(range(_ROUNDS)):
            left, right = right ^ self._round(number, left), left
        packed = (left << 32) | right
        origin = packed >> 56
        if (packed >> 40) & 0xFFFF != _MARK or origin not in tuple(Origin):
            return None
        return VideoKey(Origin(origin), (packed >> 20) & 0xFFFFF, packed & 0xFFFFF)
