"""Files as people have them, written by the test that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.archives.files import Source, find
from connectors.archives.formats import Kind
from connectors.archives.importing import Imported, Options, import_file

DATA = Path(__file__).parents[5] / "shared" / "data"
NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of real archives, beside the repository."""
    if not DATA.is_dir():
        pytest.skip(f"the real archives are not there: {DATA}")
    return DATA


class Reading:
    """One file, read without landing it: the report, the payloads by line, and the quarantine."""

    def __init__(self, source: Source, kind: Kind, options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
        from connectors.archives import importing

        self.rows: dict[int, dict[str, Any]] = {}
        self.keys: dict[int, str] = {}
        self.rejected: dict[str, tuple[str, str]] = {}
        outer, landing_rows = self, importing._Reading.landing_rows

        def watched(reading: Any) -> Iterator[tuple[int, str, bytes]]:
            outer.rows.clear()
            for number, key, payload in landing_rows(reading):
                outer.rows[number], outer.keys[number] = orjson.loads(payload), key
                yield number, key, payload
            outer.rejected = {row.place: (row.reason, row.text) for row in reading.kept}

        with monkeypatch.context() as patch:
            patch.setattr(importing._Reading, "landing_rows", watched)
            self.report: Imported = import_file(None, source, kind, NOW, options)
        done = self.report
        assert done.read == done.landed + done.rejected + done.totals + done.duplicates
        assert done.landed == len(self.rows)
        assert done.rejected == done.reasons.total()

    @property
    def row(self) -> dict[str, Any]:
        (only,) = self.rows.values()
        return only

    @property
    def reasons(self) -> dict[str, str]:
        return {place: reason for place, (reason, _) in self.rejected.items()}


Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Write a file (text, or bytes as they are) and read it."""

    def read_(content: str | bytes | Path, name: str = "file.csv", kind: Kind = Kind.AUTO, **options: Any) -> Reading:
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (source,) = find([path])
        assert isinstance(source, Source)
        return Reading(source, kind, Options(**options), monkeypatch)

    return read_
