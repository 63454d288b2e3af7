"""The command line. Each command is a module beside this one; frame.py finds and runs them."""

import sys


def main() -> None:
    """The console script `syncsvc`."""
    from syncsvc.cli.frame import run

    sys.exit(run(sys.argv[1:]))
