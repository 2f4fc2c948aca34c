"""The keyring: what is sealed opens in its own context alone, key files are the owner's own, and keys change without loss."""

from __future__ import annotations

import base64
import contextlib
import multiprocessing
import os
import stat
import tempfile
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.errors import Damaged, NotConfigured
from core.keys import KEY_BYTES, EnvironmentKeys, Key, KeyFile, Keyring, Sealed, open_keyring
from core.settings import Settings, load_settings

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def environment(*keys: Key) -> Keyring:
    return Keyring(EnvironmentKeys(SecretStr(",".join(key.text for key in keys))))


@given(text=TEXTS, context=TEXTS)
def test_what_is_sealed_opens(text: str, context: str) -> None:
    ring = environment(Key.new())
    sealed = ring.seal(text, context)
    assert ring.open(sealed, context) == text
    assert ring.seal(text, context).content != sealed.content  # a nonce of its own
    assert len(text) < 4 or text.encode() not in sealed.content


@given(text=TEXTS, contexts=st.lists(TEXTS, min_size=2, max_size=2, unique=True))
def test_what_is_moved_to_another_row_does_not_open(text: str, contexts: list[str]) -> None:
    ring = environment(Key.new())
    with pytest.raises(Damaged, match="changed or moved"):
        ring.open(ring.seal(text, contexts[0]), contexts[1])


@given(text=TEXTS, at=st.integers(0), bit=st.integers(0, 7))
def test_what_is_changed_does_not_open(text: str, at: int, bit: int) -> None:
    ring = environment(Key.new())
    sealed = ring.seal(text, "UC1")
    content = bytearray(sealed.content)
    content[at % len(content)] ^= 1 << bit
    with pytest.raises(Damaged):
        ring.open(Sealed(bytes(content), sealed.key_id), "UC1")


@given(content=st.binary(max_size=40))
def test_noise_does_not_open(content: bytes) -> None:
    key = Key.new()
    with pytest.raises(Damaged):
        environment(key).open(Sealed(content, key.key_id), "UC1")


def test_another_key_is_told_by_its_id() -> None:
    sealed = environment(Key.new()).seal("token", "UC1")
    with pytest.raises(NotConfigured, match=f"{sealed.key_id}, which is not at hand"):
        environment(Key.new()).open(sealed, "UC1")


@pytest.mark.parametrize(
    "given_text", ["", ",", "no base64!", base64.b64encode(bytes(16)).decode(), base64.b64encode(bytes(33)).decode() + ",x"]
)
def test_keys_that_are_none_are_refused_without_being_told(given_text: str) -> None:
    with pytest.raises(NotConfigured, match="openssl rand -base64 32") as refused:
        EnvironmentKeys(SecretStr(given_text))
    assert not given_text.strip(",") or given_text not in str(refused.value)


def test_a_key_shows_in_no_repr() -> None:
    key = Key(b"s3cret" + bytes(26))
    shown = repr(key) + repr(environment(key).source) + repr(environment(key).seal("s3cret", "UC1"))
    assert "s3cret" not in shown
    assert key.text not in shown


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    key = Key.new()
    ring = open_keyring(Settings(home=tmp_path, encryption_keys=SecretStr(key.text)))
    assert ring.seal("token", "UC1").key_id == key.key_id
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variable", ["YTEMPIRE_ENCRYPTION_KEY", "YTEMPIRE_ENCRYPTION_KEYS"])
def test_keys_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    monkeypatch.chdir(tmp_path)
    new, old = Key.new(), Key.new()
    monkeypatch.setenv(variable, f"{new.text}, {old.text}")
    settings = load_settings(home=tmp_path)
    assert open_keyring(settings).source.read() == (new, old)
    assert new.text not in repr(settings) + settings.model_dump_json()


def test_a_key_file_is_made_on_first_need_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    ring = open_keyring(settings)
    assert not settings.key_file.parent.exists()
    old = os.umask(0)
    try:
        sealed = ring.seal("token", "UC1")
    finally:
        os.umask(old)
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.key_file.parent.stat().st_mode) == 0o700
    assert open_keyring(settings).open(sealed, "UC1") == "token"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    ring = Keyring(KeyFile(tmp_path / "keys"))
    sealed = ring.seal("token", "UC1")
    (tmp_path / "keys").chmod(mode)
    for use in (lambda: ring.seal("token", "UC1"), lambda: ring.open(sealed, "UC1")):
        with pytest.raises(NotConfigured, match="chmod 600"):
            use()


def test_a_key_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe", 0o600)
    broken = tmp_path / "broken"
    broken.write_text(f"# keys\n{Key.new().text}\nhalf a k\n")
    broken.chmod(0o600)
    for name, says in (("link", "cannot be read"), ("pipe", "no plain file"), ("broken", "Line 3 of .* is no key")):
        with pytest.raises(NotConfigured, match=says):
            KeyFile(tmp_path / name).newest()


def _newest(path: Path) -> str:
    return KeyFile(path).newest().key_id


def test_processes_that_need_the_first_key_at_once_get_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        ids = pool.map(_newest, [tmp_path / "keys"] * 16)
    assert len(set(ids)) == 1


class Vault:
    """Sealed texts, changed all at once or not at all, as rows in one transaction are."""

    def __init__(self, ring: Keyring, texts: Collection[str]) -> None:
        self.ring = ring
        self.rows = {text: ring.seal(text, text) for text in texts}

    def seal_again(self) -> set[str]:
        self.rows = {name: self.ring.seal(self.ring.open(sealed, name), name) for name, sealed in self.rows.items()}
        return {sealed.key_id for sealed in self.rows.values()}

    def check(self) -> None:
        assert {self.ring.open(sealed, name) for name, sealed in self.rows.items()} == set(self.rows)


def test_rotation_seals_everything_anew_and_forgets_the_old_key(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys")
    vault = Vault(Keyring(file), ["a", "b"])
    old, before = file.newest(), dict(vault.rows)
    new = vault.ring.rotate(vault.seal_again)
    vault.check()
    assert [key.key_id for key in file.read()] == [new.key_id] != [old.key_id]
    with pytest.raises(NotConfigured):
        vault.ring.open(before["a"], "a")


class CutOff(Exception):
    """The process ends here."""


@pytest.mark.parametrize("point", ["unlink", "open", "write", "replace", "seal", "sealed"])
@pytest.mark.parametrize("which", [1, 2])
def test_rotation_may_be_cut_off_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, which: int) -> None:
    """Cut off at the first or second time that a point is passed: adding the new key, or forgetting the old one."""
    file = KeyFile(tmp_path / "keys")
    vault = Vault(Keyring(file), ["a", "b"])
    passed = 0

    def cut(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == which:
            raise CutOff

    def seal_again() -> set[str]:
        cut("seal")
        ids = vault.seal_again()
        cut("sealed")
        return ids

    def wrapped(owner: object, name: str, label: str) -> None:
        real = getattr(owner, name)

        def call(*arguments: object, **options: object) -> object:
            if "keys" in str(arguments[0]) or label == "write":
                cut(label)
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    wrapped(Path, "unlink", "unlink")
    wrapped(os, "fsync", "write")
    wrapped(Path, "replace", "replace")
    real_open = os.open

    def opened(path: object, flags: int, *mode: int, **options: int) -> int:
        if flags & os.O_EXCL:
            cut("open")
        return real_open(path, flags, *mode, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", opened)
    try:
        vault.ring.rotate(seal_again)
    except CutOff:
        pass
    else:
        assert point in {"seal", "sealed"}  # passed once only
        assert which == 2
    monkeypatch.undo()
    vault.check()
    vault.ring.rotate(vault.seal_again)
    vault.check()
    assert len(file.read()) == 1


@given(steps=st.lists(st.sampled_from(["seal", "rotate", "cut before", "cut after"]), max_size=12))
def test_nothing_is_lost_in_any_order_of_sealing_rotating_and_failing(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = KeyFile(Path(folder) / "keys")
        vault = Vault(Keyring(file), [])
        for number, step in enumerate(steps):

            def seal_again(step: str = step) -> set[str]:
                if step == "cut before":
                    raise CutOff
                used = vault.seal_again()
                if step == "cut after":
                    raise CutOff
                return used

            if step == "seal":
                vault.rows[str(number)] = vault.ring.seal(str(number), str(number))
            else:
                with contextlib.suppress(CutOff):
                    vault.ring.rotate(seal_again)
            vault.check()
        vault.ring.rotate(vault.seal_again)
        vault.check()
        assert len(file.read()) == 1


def test_keys_of_the_environment_are_changed_by_the_operator() -> None:
    old, new = Key.new(), Key.new()
    ring = environment(old)
    vault = Vault(ring, ["a"])
    with pytest.raises(NotConfigured, match="YTEMPIRE_ENCRYPTION_KEYS=<new>,<old>"):
        ring.rotate(vault.seal_again)
    vault.ring = environment(new, old)
    assert vault.ring.rotate(vault.seal_again) == new
    vault.ring = environment(new)
    vault.check()


def test_a_key_has_32_bytes() -> None:
    assert len(Key.new().secret) == KEY_BYTES == 32
