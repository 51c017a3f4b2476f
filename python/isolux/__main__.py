"""The command `isolux`, and `python -m isolux`."""

import sys

from ._node import become, command_line


def main() -> None:
    try:
        words = command_line(sys.argv[1:])
    except FileNotFoundError as error:
        sys.exit(f"isolux: {error}")
    become(words)


if __name__ == "__main__":
    main()
