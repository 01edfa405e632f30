"""Files and folders → SHA-256 checksums in hexadecimal, the same for the same contents wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def sha256(path: Path) -> str:
    """The checksum of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_folder(folder: Path, files: Iterable[Path]) -> str:
    """The checksum over the names and checksums of these files of a folder, in the order in which they come."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{sha256(file)}  {file.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()
