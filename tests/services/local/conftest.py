"""Folders for servers that are really started."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder on a short path that every user may pass through, which pytest's own isn't."""
    folder = Path(tempfile.mkdtemp(prefix="relance-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
