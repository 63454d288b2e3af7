"""How long `syncsvc --help` takes beside importing the CLI library alone: at most 3 times is what is promised.

Run by hand: python tests/bench/bench_help.py. Medians of 15 processes each, taken in turn in the same run.
"""

import statistics
import subprocess
import sys
import time

HELP = [sys.executable, "-c", "import sys; sys.argv = ['syncsvc', '--help']; from syncsvc.cli import main; main()"]
FLOOR = [sys.executable, "-c", "import click"]


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    pairs = [(seconds(HELP), seconds(FLOOR)) for _ in range(15)]
    with_help, floor = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"syncsvc --help {with_help * 1000:.0f} ms, import click {floor * 1000:.0f} ms: {with_help / floor:.2f} x")


if __name__ == "__main__":
    main()
