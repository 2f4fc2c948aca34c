"""`python -m connectors.simulator`: serve the simulated world on a loopback port until stopped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import uvicorn

from connectors.simulator.apis.google import PRICES
from connectors.simulator.app import build_app
from connectors.simulator.simulation import QUOTA_PROFILE, open_simulation
from core.errors import YtempireError


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m connectors.simulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder of what callers do: uploads, clock, quota")
    parser.add_argument("--market", choices=("synthetic", "replay"), required=True)
    parser.add_argument("--data", type=Path, help="folder of the recorded market; needed for replay")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--channels", type=int, help="number of own channels; the scenario's six unless told")
    parser.add_argument("--quota-profile", choices=sorted(PRICES), default=QUOTA_PROFILE, help="whose prices and limits hold")
    given = parser.parse_args(arguments)
    if given.channels is not None and not 1 <= given.channels <= 10_000:
        parser.error("--channels must be 1 to 10000")
    if (given.market == "replay") != (given.data is not None):
        parser.error("--data goes with --market replay, and only with it")
    try:
        simulation = open_simulation(
            given.state, given.data, given.seed, channels=given.channels, quota_profile=given.quota_profile
        )
    except YtempireError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    try:
        uvicorn.run(build_app(simulation), host="127.0.0.1", port=given.port, log_level="warning", timeout_keep_alive=60)
    finally:
        simulation.state.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
