"""Google's partial responses: the `fields` parameter, such as `items(id,snippet/title),nextPageToken`."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"[A-Za-z0-9_\-*.]+|[(),/]")
Mask = dict[str, "Mask"]
"""Names to keep, each with the mask of what is under it; an empty mask keeps everything."""


class InvalidMask(ValueError):
    """The text is no field mask."""


def parse_mask(text: str) -> Mask:
    """Read a mask. Raises InvalidMask."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", "") or not tokens:
        raise InvalidMask(text)
    tokens.reverse()
    mask = _list(tokens, text)
    if tokens:
        raise InvalidMask(text)
    return mask


def _list(tokens: list[str], text: str) -> Mask:
    mask: Mask = {}
    while True:
        _merge(mask, _path(tokens, text))
        if not tokens or tokens[-1] != ",":
            return mask
        tokens.pop()


def _path(tokens: list[str], text: str) -> Mask:
    if not tokens or tokens[-1] in "(),/":
        raise InvalidMask(text)
    name = tokens.pop()
    below: Mask = {}
    if tokens and tokens[-1] == "/":
        tokens.pop()
        below = _path(tokens, text)
    elif tokens and tokens[-1] == "(":
        tokens.pop()
        below = _list(tokens, text)
        if not tokens or tokens.pop() != ")":
            raise InvalidMask(text)
    return {name: below}


def _merge(into: Mask, other: Mask) -> None:
    for name, below in other.items():
        if name in into and into[name] and below:
            _merge(into[name], below)
        else:
            into[name] = {} if name in into else below


def apply_mask(value: Any, mask: Mask) -> Any:
    """Keep of a JSON value what a mask names; lists are looked through."""
    if not mask or ("*" in mask and not mask["*"]):
        return value
    if isinstance(value, list):
        return [apply_mask(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, inner in value.items():
        below = mask.get(name, mask.get("*"))
        if below is not None:
            kept[name] = apply_mask(inner, below)
    return kept
