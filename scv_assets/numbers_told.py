"""Numbers of things as people say them."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return `1 message`, `2,000 messages`; `many` where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
