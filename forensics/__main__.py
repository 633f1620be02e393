"""`python -m forensics`, the same as `awslogs-forensics`."""


def main() -> None:
    """Enter the command line. Worker processes load this module, too, and need none of that."""
    from forensics.cli import main as enter  # noqa: PLC0415

    enter()


if __name__ == "__main__":
    main()
