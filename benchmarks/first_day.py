"""A first and a second day from an empty folder: seconds of each part, and peak memory of all processes together.

Prints a JSON line for each day. `python benchmarks/first_day.py [DATA]`; with DATA the market is the replay of that folder.
Memory is the sum of proportional set sizes (pages shared by n processes count 1/n in each), sampled twice a second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

YTEMPIRE = Path(sys.executable).with_name("ytempire")


def processes_of(command: psutil.Process, home: str) -> set[psutil.Process]:
    """The command, the servers whose command lines name the folder, and what all of these started."""
    roots = {command}
    for process in psutil.process_iter(["cmdline"]):
        if any(home in word for word in process.info["cmdline"] or ()):
            roots.add(process)
    found = set(roots)
    for root in roots:
        try:
            found |= set(root.children(recursive=True))
        except psutil.Error:
            continue
    return found


def memory(processes: set[psutil.Process]) -> int:
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def run_day(home: str, day: str, data: str | None) -> dict[str, object]:
    environment = {**os.environ, "YTEMPIRE_HOME": home, **({"YTEMPIRE_DATA": data} if data else {})}
    begin, peak = time.monotonic(), 0
    with tempfile.TemporaryFile() as said:
        command = psutil.Popen([YTEMPIRE, "run", "--day", day], env=environment, stdout=said, stderr=subprocess.STDOUT)
        while command.poll() is None:
            peak = max(peak, memory(processes_of(command, home)))
            time.sleep(0.5)
        said.seek(0)
        if command.returncode:
            raise SystemExit(said.read().decode()[-2000:])
        parts = next(line for line in said.read().decode().replace("\n", " ").split("Time ")[1:]).split("Next")[0].strip()
    return {
        "day": day,
        "seconds": round(time.monotonic() - begin, 1),
        "peak_mb": peak // 1_000_000,
        "parts": " ".join(parts.split()),
    }


if __name__ == "__main__":
    folder = str(Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="yt-day-") as home:
        Path(home).chmod(0o755)
        try:
            for day in ("2026-06-08", "2026-06-09"):
                print(json.dumps({"market": "replay" if folder else "synthetic", **run_day(home, day, folder)}), flush=True)
        finally:
            subprocess.run([YTEMPIRE, "down"], env={**os.environ, "YTEMPIRE_HOME": home}, check=True, stdout=subprocess.DEVNULL)
