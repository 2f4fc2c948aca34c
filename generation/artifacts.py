"""Files that steps make, stored under the SHA-256 of their content. The same content is stored once, and read only if whole.

A file appears under its name by an atomic rename after it was flushed to disk, so a crash leaves a draft, never half an
artifact. Answers of paid services are kept by the digest of their request (`remember`, `recall`)."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.digest import digest_bytes, digest_file
from core.errors import Damaged, Environment, NotReady
from generation.values import Artifact

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class ArtifactStore:
    """A folder of content-addressed files: `<root>/ab/abcdef….suffix`.

    Every method that writes raises Environment when the disk is full, and leaves nothing behind then.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes, *, suffix: str) -> Artifact:
        """Store bytes."""
        artifact = Artifact(digest=digest_bytes(content), suffix=suffix, size_bytes=len(content))
        if not self._is_whole(artifact):
            self._write(self._place(artifact), content)
        return artifact

    def put_file(self, source: Path, *, suffix: str | None = None) -> Artifact:
        """Store a copy of a file; its own suffix is taken when none is given."""
        artifact = Artifact(digest=digest_file(source), suffix=suffix or source.suffix, size_bytes=source.stat().st_size)
        if not self._is_whole(artifact):
            with self._draft(self._place(artifact)) as draft, source.open("rb") as file:
                shutil.copyfileobj(file, draft)
        return artifact

    def read(self, digest: str, *, suffix: str = "") -> bytes:
        """Read a file and check it. Raises NotReady when it does not exist, Damaged when it does not match its name."""
        path = self._path(digest, suffix)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise _missing(digest, suffix) from None
        if digest_bytes(content) != digest:
            raise _damaged(path)
        return content

    def load(self, artifact: Artifact) -> bytes:
        """Read a file by its value; see `read`."""
        return self.read(artifact.digest, suffix=artifact.suffix)

    def path(self, artifact: Artifact) -> Path:
        """Where a file lies, checked, for programs that want a path. Errors as in `read`. The file must not be changed."""
        path = self._place(artifact)
        if not path.exists():
            raise _missing(artifact.digest, artifact.suffix)
        if digest_file(path) != artifact.digest:
            raise _damaged(path)
        return path

    def holds(self, artifact: Artifact) -> bool:
        """Whether a file is in the store and whole."""
        return self._is_whole(artifact)

    def discard(self, artifact: Artifact) -> int:
        """Delete a file; returns the bytes that this freed: none where it was gone already."""
        try:
            self._place(artifact).unlink()
        except FileNotFoundError:
            return 0
        return artifact.size_bytes

    def remember(self, request_digest: str, content: bytes) -> None:
        """Keep the answer to a request, replacing an earlier one."""
        answer = self.put(content, suffix=".answer")
        self._write(self.root / "answers" / request_digest, answer.digest.encode())

    def recall(self, request_digest: str) -> bytes | None:
        """The answer kept for a request; None when there is none, or it was damaged and must be made again."""
        try:
            digest = (self.root / "answers" / request_digest).read_text(encoding="ascii")
            return self.read(digest, suffix=".answer")
        except (FileNotFoundError, NotReady, Damaged):
            return None

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder on the store's disk for files in the making; it is removed at the end."""
        with _full_disk_told(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".making-", dir=self.root) as folder:
                yield Path(folder)

    def _path(self, digest: str, suffix: str) -> Path:
        return self.root / digest[:2] / f"{digest}{suffix}"

    def _place(self, artifact: Artifact) -> Path:
        return self._path(artifact.digest, artifact.suffix)

    def _is_whole(self, artifact: Artifact) -> bool:
        path = self._place(artifact)
        return path.exists() and path.stat().st_size == artifact.size_bytes and digest_file(path) == artifact.digest

    def _write(self, path: Path, content: bytes) -> None:
        with self._draft(path) as draft:
            draft.write(content)

    @contextmanager
    def _draft(self, path: Path) -> Iterator[tempfile._TemporaryFileWrapper[bytes]]:
        """A file that takes its place under `path` when the block ends well, and vanishes when it does not."""
        with _full_disk_told(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=".draft-", dir=path.parent, delete=False) as draft:
                try:
                    yield draft
                    draft.flush()
                    os.fsync(draft.fileno())
                    Path(draft.name).replace(path)
                except BaseException:
                    Path(draft.name).unlink(missing_ok=True)
                    raise


@contextmanager
def _full_disk_told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise Environment(f"The disk that holds {root} is full.", "Free some space and run the step again.") from error
        raise


def _missing(digest: str, suffix: str) -> NotReady:
    return NotReady(f"Artifact {digest[:12]}…{suffix} is not in the store.", "Materialise the step that makes it again.")


def _damaged(path: Path) -> Damaged:
    return Damaged(f"Artifact {path} does not match its digest.", "Delete the file and materialise the step that makes it again.")
