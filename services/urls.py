"""URLs as they stand in settings."""

from urllib.parse import SplitResult, urlsplit


def split(url: str) -> SplitResult | None:
    """Its parts; None where it is none, or has a port that is no number."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # computed when asked for, and refused only then
    except ValueError:
        return None
    return parts
