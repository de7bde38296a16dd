"""Runs many commands of sedlink in one process: starting Python for each would cost more than what they do."""

import json
import sys

import cli


def main() -> None:
    """Run every command line of the JSON list on standard input, whatever becomes of the one before."""
    for arguments in json.load(sys.stdin):
        sys.argv = ["sedlink", *arguments]
        try:
            cli.main()
        except SystemExit as leaving:
            print(f"-- {arguments[:2]}: exit {leaving.code}", flush=True)
        except BaseException:
            sys.excepthook(*sys.exc_info())  # what Python would print of a command that died
            print(f"-- {arguments[:2]}: died", flush=True)


if __name__ == "__main__":
    main()
