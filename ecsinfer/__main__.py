"""``python -m ecsinfer``."""

from ecsinfer.cli.main import main

if __name__ == "__main__":
    main()
