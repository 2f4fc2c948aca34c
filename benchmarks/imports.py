"""Every real archive, imported into an empty database: rows a second, what was rejected and why, and peak memory.

Prints a JSON line for each set (a folder of DATA) and one for all. `python benchmarks/imports.py DATA`. Each set is read by a
process of its own; its peak and its processor time are that process's, without the database's."""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any


def import_set(folder: Path, url: str) -> dict[str, Any]:
    from connectors.archives.files import Unreadable, find
    from connectors.archives.formats import Kind
    from connectors.archives.importing import import_file
    from core.clock import SystemClock
    from core.postgres.engine import create_engine

    engine, now = create_engine(url), SystemClock().now()
    begin, worked, done = time.monotonic(), time.process_time(), []
    for source in find([folder]):
        if isinstance(source, Unreadable):
            raise SystemExit(str(source.error))
        done.append(import_file(engine, source, Kind.AUTO, now))
    seconds = time.monotonic() - begin
    engine.dispose()
    reasons: Counter[str] = sum((one.reasons for one in done), Counter())
    counts = {name: sum(getattr(one, name) for one in done) for name in ("read", "landed", "rejected", "totals", "duplicates")}
    return {
        "set": folder.name,
        "files": len(done),
        "formats": sorted({one.format for one in done}),
        **counts,
        "reasons": dict(reasons.most_common()),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - worked, 2),
        "rows_per_second": round(counts["read"] / seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main(data: Path) -> None:
    from core.postgres.cluster import EmbeddedPostgres
    from core.postgres.engine import create_engine
    from core.postgres.migrations import migrate

    with tempfile.TemporaryDirectory(prefix="yt-import-") as home:
        Path(home).chmod(0o755)
        server = EmbeddedPostgres(Path(home) / "pg")
        url = server.ensure().url()
        engine = create_engine(url)
        migrate(engine)
        engine.dispose()
        try:
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
                lines = []
                for folder in sorted(path for path in data.iterdir() if path.is_dir()):
                    lines.append(pool.submit(import_set, folder, url).result())
                    print(json.dumps(lines[-1]), flush=True)
        finally:
            server.stop()
    sums = {name: sum(line[name] for line in lines) for name in ("files", "read", "landed", "rejected", "totals", "duplicates")}
    seconds = sum(line["seconds"] for line in lines)
    peak = max(line["peak_mb"] for line in lines)
    print(
        json.dumps({"set": "all", **sums, "seconds": seconds, "rows_per_second": round(sums["read"] / seconds), "peak_mb": peak})
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
