"""Runs many commands of sedlink in one process: starting Python for each would cost more."""

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
            say(f"-- {arguments[:2]}: exit {leaving.code}")
        except BaseException:  # noqa: BLE001 - the next command runs all the same
            sys.excepthook(*sys.exc_info())  # what Python would print of a command that died
            say(f"-- {arguments[:2]}: died")


def say(line: str) -> None:
    """Print a line at once, between what the commands print."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
