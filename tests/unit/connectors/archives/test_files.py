"""Finding and opening: packed, in folders, in archives, and what is refused before it is read."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import zipfile
from pathlib import Path

import pytest

from connectors.archives import files
from connectors.archives.files import Source, Unreadable, find, survey
from core.errors import Damaged, InvalidInput


def sources(*paths: Path) -> list[Source]:
    found = list(find(paths))
    assert all(isinstance(one, Source) for one in found), found
    return found  # type: ignore[return-value]


def refusal(path: Path) -> str:
    (only,) = find([path])
    assert isinstance(only, Unreadable)
    return only.error.message


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_the_same_text_has_the_same_digest_however_it_is_packed(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n" * 1000
    (tmp_path / "plain.csv").write_bytes(content)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(content))
    pack(tmp_path / "archive.zip", {"Table data.csv": content, "inner.csv.gz": gzip.compress(content)})
    found = sources(tmp_path)
    assert [Path(source.name).name for source in found] == ["Table data.csv", "inner.csv.gz", "packed.csv.gz", "plain.csv"]
    for source in found:
        known = survey(source)
        assert (known.sha256, known.size, known.start) == (hashlib.sha256(content).hexdigest(), len(content), b"a,b\n")


def test_folders_are_searched_to_the_bottom_for_tables_only(tmp_path: Path) -> None:
    below = tmp_path / "given" / "b" / "c"
    below.mkdir(parents=True)
    for name in ("x.CSV", "y.tsv.gz", "z.parquet", "notes.md", "categories.json", ".hidden.csv"):
        (below / name).write_bytes(b"a")
    os.symlink("/etc/hosts", below / "link.csv")
    os.mkfifo(below / "pipe.csv")
    assert [source.name for source in sources(tmp_path / "given")] == [
        "given/b/c/x.CSV",
        "given/b/c/y.tsv.gz",
        "given/b/c/z.parquet",
    ]


def test_a_file_that_is_named_is_tried_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(b"a")
    assert [source.name for source in sources(path)] == ["export"]


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "nothing.csv")


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "a/../../out.csv", "..\\out.csv", "C:\\out.csv"])
def test_an_archive_that_points_out_of_itself_is_refused_whole(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / "a.zip", {"fine.csv": b"a"})
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        archive.writestr(info, b"a")
    assert "points out" in refusal(path)


def test_links_archives_and_ciphers_within_an_archive_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, b"/etc/passwd")
    assert "points out" in refusal(tmp_path / "link.zip")
    assert "another archive" in refusal(pack(tmp_path / "nested.zip", {"inner.ZIP": b"PK"}))
    secret = pack(tmp_path / "secret.zip", {"a.csv": b"a"})
    content = bytearray(secret.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    secret.write_bytes(content)
    assert "encrypted" in refusal(secret)
    assert "no table" in refusal(pack(tmp_path / "none.zip", {"readme.md": b"a", "__MACOSX/x.csv": b"a"}))


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_FROM", 1 << 20)
    zeros = b"0" * (8 << 20)
    assert "250 times" in refusal(pack(tmp_path / "bomb.zip", {"a.csv": zeros}))
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(zeros))
    with pytest.raises(InvalidInput, match="250 times"):
        survey(sources(tmp_path / "bomb.csv.gz")[0])
    monkeypatch.setattr(files, "MOST_MEMBERS", 3)
    assert "holds 4 files" in refusal(pack(tmp_path / "many.zip", {f"{n}.csv": b"a" for n in range(4)}))


def test_an_archive_that_lies_about_its_sizes_is_damaged(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.csv": b"a,b\n" * 1000})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(Damaged):
        survey(sources(path)[0])


@pytest.mark.parametrize("spoil", ["cut", "flip", "header"])
def test_damaged_packing_is_told_in_one_sentence(tmp_path: Path, spoil: str) -> None:
    packed = bytearray(gzip.compress(os.urandom(5000).hex().encode()))
    if spoil == "cut":
        packed = packed[:-3000]
    elif spoil == "flip":
        packed[-6] ^= 0xFF
    else:
        packed[10] |= 7
    path = tmp_path / "a.csv.gz"
    path.write_bytes(packed)
    with pytest.raises(Damaged, match=r"a\.csv\.gz is damaged: .*\."):
        survey(sources(path)[0])


def test_a_damaged_archive_does_not_stop_the_others(tmp_path: Path) -> None:
    whole = pack(tmp_path / "b.zip", {"b.csv": b"a"}).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[:-30])
    first, second = find([tmp_path])
    assert isinstance(first, Unreadable)
    assert isinstance(first.error, Damaged)
    assert isinstance(second, Source)
