"""Files on their way in."""

import resource
from pathlib import Path

import pytest

from services.errors import Unavailable
from services.files.uploads import Landing


async def test_the_last_bytes_of_a_file_may_find_the_disk_full(tmp_path: Path) -> None:
    """They wait in memory until the file is closed: it must not pass for a whole one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    landing = Landing(tmp_path, "photo.jpg")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        await landing.write(bytes(1000))
        with pytest.raises(Unavailable, match="no room"):
            await landing.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        landing.discard()
    assert not landing.path.exists()
