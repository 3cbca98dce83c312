"""Where the command line begins: `gmmfit`, and `python -m gmmfit`."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and end the process with its status; an interrupt ends it quietly, while it loads too."""
    try:
        from gmmfit.cli.main import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
