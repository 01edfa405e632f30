"""Names in a folder → on the disk, so that they outlive a loss of power; and what an error says of a full one."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of errors that mean that there is no space, whether the disk, a quota or a limit ended it."""


def sync(path: Path) -> None:
    """Bring a file's contents, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
