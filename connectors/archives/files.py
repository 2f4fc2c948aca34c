"""Finds files to import in files, folders and zip archives, and opens them as one stream of bytes: plain, gzip, or within a zip.

Nothing is unpacked to a path that an archive names. Archives that mean harm, or cannot be told from such, are refused whole."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from core.errors import Damaged, InvalidInput, YtempireError

BLOCK = 1 << 20
MOST_MEMBERS = 10_000
BOMB_FROM = 64 << 20
BOMB_RATIO = 250
"""Tables shrink to a fiftieth at most; zeros to a thousandth."""
PARQUET = b"PAR1"

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_TABLES = (".csv", ".tsv", ".parquet")
_READ_FAILURES = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Source:
    """One table to import.

    Attributes:
        name: for people: the path below what was given, with the member of an archive behind it.
        path: the file on the disk.
        member: its name within a zip archive.
    """

    name: str
    path: Path
    member: str | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The table's bytes, unpacked.

        Raises Damaged for packing that cannot be read to its end, InvalidInput for a file that cannot be read at all."""
        with ExitStack() as stack:
            try:
                stream: IO[bytes] = stack.enter_context(self.path.open("rb"))
                if self.member is not None:
                    archive = stack.enter_context(zipfile.ZipFile(stream))
                    stream = stack.enter_context(archive.open(self.member))
                if _starts_with(stream, _GZIP):
                    stream = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=stream)))
                yield stream
            except _READ_FAILURES as error:
                raise Damaged(
                    f"{self.name} is damaged: {_sentence(error)}.", "Fetch or export it again; nothing landed."
                ) from None
            except NotImplementedError:
                raise InvalidInput(f"{self.name} is packed in a way that is not read.", "Pack it again with deflate.") from None
            except OSError as error:
                raise InvalidInput(f"{self.name} cannot be read: {error.strerror or error}.", "Check path and rights.") from None

    @property
    def packed_bytes(self) -> int:
        """Its size on the disk, before unpacking."""
        if self.member is None:
            return self.path.stat().st_size
        with zipfile.ZipFile(self.path) as archive:
            return archive.getinfo(self.member).compress_size


@dataclass(frozen=True)
class Unreadable:
    """A file or archive that was refused before any of it was read."""

    name: str
    error: YtempireError


@dataclass(frozen=True)
class Content:
    """What is known of a table's bytes after they were read once."""

    sha256: str
    size: int
    start: bytes


def survey(source: Source) -> Content:
    """Read a table to its end: digest, size and first bytes. Raises Damaged, and InvalidInput for one that swells like a bomb."""
    hasher, size, start = hashlib.sha256(), 0, b""
    with source.open() as stream:
        most = max(BOMB_FROM, BOMB_RATIO * source.packed_bytes)
        while block := stream.read(BLOCK):
            start = start or block[:4]
            size += len(block)
            hasher.update(block)
            if size > most:
                raise InvalidInput(
                    f"{source.name} unpacks to more than {BOMB_RATIO} times its size.", "Unpack it yourself if you trust it."
                )
    return Content(hasher.hexdigest(), size, start)


def find(paths: Iterable[Path]) -> Iterator[Source | Unreadable]:
    """The tables in files, folders (with all below them) and zip archives, in the order of their names.

    A file that is named is always tried; of a folder or an archive, those whose names end as tables do: csv, tsv, parquet, and
    these with gz. Links are not followed below a folder."""
    for path in paths:
        if path.is_dir():
            for found in _below(path):
                yield from _tables_of(found, str(found.relative_to(path.parent)))
        elif path.is_file():
            yield from _tables_of(path, path.name)
        else:
            yield Unreadable(str(path), InvalidInput(f"There is no file {path}.", "Check the path."))


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here) / name
            if (
                not name.startswith(".")
                and (is_table(name) or name.lower().endswith(".zip"))
                and stat.S_ISREG(path.lstat().st_mode)
            ):
                yield path


def is_table(name: str) -> bool:
    """Whether a name ends as tables do."""
    stem = name.lower().removesuffix(".gz")
    return stem.endswith(_TABLES)


def _tables_of(path: Path, name: str) -> Iterator[Source | Unreadable]:
    try:
        with path.open("rb") as stream:
            is_zip = _starts_with(stream, _ZIP)
        if not is_zip:
            yield Source(name, path)
            return
        for member in _members(path, name):
            yield Source(f"{name}/{member}", path, member)
    except YtempireError as error:
        yield Unreadable(name, error)
    except OSError as error:
        yield Unreadable(name, InvalidInput(f"{name} cannot be read: {error.strerror}.", "Check path and rights."))
    except (zipfile.BadZipFile, EOFError):
        yield Unreadable(name, Damaged(f"{name} is a damaged archive.", "Fetch or export it again; nothing of it landed."))


def _members(path: Path, name: str) -> list[str]:
    remedy = "Unpack it yourself if you trust it, and import the folder."
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise InvalidInput(f"{name} holds {len(members):,} files.", remedy)
    if sum(info.file_size for info in members) > max(BOMB_FROM, BOMB_RATIO * path.stat().st_size):
        raise InvalidInput(f"{name} unpacks to more than {BOMB_RATIO} times its size.", remedy)
    found = []
    for info in members:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or parts[0] == "/" or ":" in parts[0] or stat.S_ISLNK(info.external_attr >> 16):
            raise InvalidInput(f"{name} holds a file that points out of the archive.", "Do not trust it.")
        if info.filename.lower().endswith(".zip"):
            raise InvalidInput(f"{name} holds another archive.", remedy)
        if info.flag_bits & _ENCRYPTED:
            raise InvalidInput(f"{name} is encrypted.", "Unpack it, and import the folder.")
        if is_table(info.filename) and parts[0] != "__MACOSX" and not parts[-1].startswith("."):
            found.append(info.filename)
    if not found:
        raise InvalidInput(f"{name} holds no table.", "Tables end in csv, tsv or parquet.")
    return sorted(found)


def _starts_with(stream: IO[bytes], magic: bytes) -> bool:
    start = stream.read(len(magic))
    stream.seek(0)
    return start == magic


def _sentence(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "it ends too early"
    return "what is packed in it is not what its checksum says" if "CRC" in str(error) else "its packing is broken"
