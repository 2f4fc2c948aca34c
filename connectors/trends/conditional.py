"""Conditional requests: documents that a service dates (`ETag`, `Last-Modified`) are kept, and fetched again only when changed.

Kept on disk, because every run of a partition is a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from connectors.http import HttpClient
from core.digest import digest_value

_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class Documents:
    """The last version of each document, one file per address: a line of validators, then the content.

    Args:
        folder: None keeps nothing, so that every request is a plain one.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, client: HttpClient, path: str, params: Mapping[str, str] | None = None, *, origin: str = "") -> bytes:
        """The present content of a document; `origin` tells equal paths of different services apart. Raises as `client.get`."""
        file = None if self._folder is None else self._folder / digest_value([origin, path, dict(params or {})])
        validators, kept = ({}, b"") if file is None else _read(file)
        answer = client.get(path, params, validators)
        if answer.is_unchanged:
            return kept
        if file is not None:
            validators = {ours: answer.headers[theirs] for theirs, ours in _VALIDATORS.items() if theirs in answer.headers}
            _write(file, validators, answer.content)
        return answer.content


def _read(file: Path) -> tuple[dict[str, str], bytes]:
    """Validators and content; a file that is missing or damaged counts as no version."""
    try:
        line, _, content = file.read_bytes().partition(b"\n")
        validators = json.loads(line)
    except (OSError, ValueError):
        return {}, b""
    return (validators, content) if isinstance(validators, dict) else ({}, b"")


def _write(file: Path, validators: Mapping[str, str], content: bytes) -> None:
    if not validators:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(json.dumps(validators).encode() + b"\n" + content)
    fresh.replace(file)
