"""Tell the URL of a store from the path of a folder."""

from typing import Any


def is_url(given: Any) -> bool:
    """Say whether something names a store of fsspec, as ``s3://bucket/data`` does."""
    return isinstance(given, str) and "://" in given
