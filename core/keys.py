"""The keyring: what is secret in the database is sealed with AES-256-GCM under a key that is not in the database.

Keys come from the environment, newest first, or from a file of the operator's own that is made on first need. Each sealed
value names its key, so that values under old and new keys live side by side while keys are changed. Which values are sealed
is its users' matter (`connectors.youtube.accounts`)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from core.disk import make_folder
from core.errors import Damaged, NotConfigured
from core.settings import Settings

KEY_BYTES = 32
NONCE_BYTES = 12
"""Chosen at random: with 96 bits, two of a billion values under one key share a nonce with a chance of 1 in 10¹¹."""

NEW_KEY = "Make one with: openssl rand -base64 32"

_HEAD = (
    "# Keys of the channels' sealed tokens, newest first. Keep a copy apart from the database's: without them every channel"
    " must be connected again.\n"
)


@dataclass(frozen=True)
class Key:
    """An AES-256 key. Its id is a digest of it, so that it can be told and looked up, and says nothing about it."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        return sha256(b"ytempire key " + self.secret).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The key as base64, as the environment and the file hold it."""
        return base64.b64encode(self.secret).decode()

    @classmethod
    def new(cls) -> Key:
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def parse(cls, text: str, place: str) -> Key:
        """Read base64 of 32 bytes. Raises NotConfigured naming the place, never the text."""
        try:
            secret = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) != KEY_BYTES:
            raise NotConfigured(f"{place} is no key of 32 bytes in base64.", NEW_KEY)
        return cls(secret)


@dataclass(frozen=True)
class Sealed:
    """An encrypted text: nonce and ciphertext with its tag, and which key it is under."""

    content: bytes
    key_id: str


class KeySource(Protocol):
    """Where keys are kept, newest first. Read anew on each use, for another process may have changed them."""

    def read(self) -> tuple[Key, ...]:
        """All keys; none where none was made yet."""
        ...

    def newest(self) -> Key:
        """The key to seal with, made where there is none."""
        ...

    def add(self) -> Key:
        """Make a new key, which from now on is the newest. Raises NotConfigured where that is the operator's to do."""
        ...

    def keep(self, key_ids: Collection[str]) -> None:
        """Forget every key but the newest and those named."""
        ...


class EnvironmentKeys:
    """Keys given by the environment: base64, separated by commas, newest first."""

    def __init__(self, given: SecretStr) -> None:
        parts = [part for part in given.get_secret_value().split(",") if part.strip()]
        self._keys = tuple(Key.parse(part, f"Key {place} of YTEMPIRE_ENCRYPTION_KEYS") for place, part in enumerate(parts, 1))
        if not self._keys:
            raise NotConfigured("YTEMPIRE_ENCRYPTION_KEYS holds no key.", NEW_KEY)

    def read(self) -> tuple[Key, ...]:
        return self._keys

    def newest(self) -> Key:
        return self._keys[0]

    def add(self) -> Key:
        if len(self._keys) > 1:
            return self._keys[0]  # the operator has already put a new one before the old
        raise NotConfigured(
            "The key comes from the environment, which only you can change.",
            "Make a new one (openssl rand -base64 32), set YTEMPIRE_ENCRYPTION_KEYS=<new>,<old>, and run this again.",
        )

    def keep(self, key_ids: Collection[str]) -> None:
        """Nothing: the environment is the operator's, who is told which keys are no longer needed."""


class KeyFile:
    """Keys in a file that only its owner may read: one per line, newest first.

    Changes are made under a lock, written beside the file, and put in its place at once: a reader sees the old or the new."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Key, ...]:
        """Raises NotConfigured for a file that others may read or that is none, and for a line that is no key."""
        try:
            # Opened first and looked at then: what is judged is what is read.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise NotConfigured(f"The key file {self.path} cannot be read: {error.strerror}.", "Mend it.") from None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise NotConfigured(f"The key file {self.path} is no plain file.", "Remove it, or restore it from your copy.")
            if status.st_mode & 0o077:
                raise NotConfigured(f"Others than its owner can read the key file {self.path}.", f"chmod 600 {self.path}")
            lines = file.read(1 << 20).decode("utf-8", "replace").splitlines()
        return tuple(
            Key.parse(line, f"Line {number} of {self.path}")
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith("#")
        )

    def add(self) -> Key:
        with self._alone():
            key = Key.new()
            self._write((key, *self.read()))
        return key

    def newest(self) -> Key:
        """The first line's key; of two processes that need the first key at once, both get the same."""
        keys = self.read()
        if keys:
            return keys[0]
        with self._alone():
            keys = self.read()
            if not keys:
                keys = (Key.new(),)
                self._write(keys)
        return keys[0]

    def keep(self, key_ids: Collection[str]) -> None:
        with self._alone():
            keys = self.read()
            kept = keys[:1] + tuple(key for key in keys[1:] if key.key_id in key_ids)
            if kept != keys:
                self._write(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        make_folder(self.path.parent, 0o700)
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, keys: tuple[Key, ...]) -> None:
        beside = self.path.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()  # left behind by a crash
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_HEAD + "".join(f"{key.text}\n" for key in keys))
            file.flush()
            os.fsync(descriptor)
        beside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # a value must never outlive its key: the name is on the disk before the first use
        finally:
            os.close(folder)


class Keyring:
    """Seals texts and opens them again. The context a text was sealed for, such as its row's key, is needed to open it."""

    def __init__(self, source: KeySource) -> None:
        self.source = source

    def seal(self, text: str, context: str) -> Sealed:
        """Encrypt under the newest key, which is made when there is none."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self.source.newest()
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(nonce + AESGCM(key.secret).encrypt(nonce, text.encode(), context.encode()), key.key_id)

    def open(self, sealed: Sealed, context: str) -> str:
        """Decrypt. Raises NotConfigured where the key is not at hand, Damaged for another context or a changed content."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        secret = next((key.secret for key in self.source.read() if key.key_id == sealed.key_id), None)
        if secret is None:
            raise NotConfigured(
                f"The token of {context} is sealed with the key {sealed.key_id}, which is not at hand.",
                "Restore the key file or YTEMPIRE_ENCRYPTION_KEYS, or connect the channel again.",
            )
        nonce, content = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
        try:
            return AESGCM(secret).decrypt(nonce, content, context.encode()).decode()
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise Damaged(f"The sealed token of {context} was changed or moved.", "Connect the channel again.") from None

    def rotate(self, seal_again: Callable[[], Collection[str]]) -> Key:
        """Add a new key, seal everything again under it, forget the old ones; return the new key.

        It may be cut off at any point and begun anew: old keys are forgotten only after nothing is under them.

        Args:
            seal_again: seals all texts under the newest key in one transaction; returns the ids of the keys in use after it.
        """
        key = self.source.add()
        in_use = seal_again()
        self.source.keep(in_use)
        return key


def open_keyring(settings: Settings) -> Keyring:
    """The keyring of the settings' market. Nothing is read or made before its first use."""
    if settings.encryption_keys is not None:
        return Keyring(EnvironmentKeys(settings.encryption_keys))
    return Keyring(KeyFile(settings.key_file))
