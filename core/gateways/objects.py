"""Files of the applicants behind a small protocol; by default a folder of sealed objects.

An object is named by what it holds: the HMAC of the SHA-256 of its plain bytes. Equal bytes are kept once, and
without the instance's secret a name doesn't tell whether a known file is among them.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from core.gateways.keyring import Keyring, SealBroken

_KEY: Final = re.compile(r"[0-9a-f]{64}")


class ObjectMissing(LookupError):
    """No object of that key."""


class ObjectAltered(Exception):
    """The object isn't what was put: damaged, exchanged, or sealed by another instance."""


class Objects(Protocol):
    """Where the bytes of photographs live. Every method may raise OSError when the store is out of reach."""

    def put(self, data: bytes) -> str:
        """Keep the bytes for good before returning their key; putting the same bytes again gives the same key."""
        ...

    def get(self, key: str) -> bytes:
        """The plain bytes; raises ObjectMissing or ObjectAltered."""
        ...

    def exists(self, key: str) -> bool:
        """Whether a whole object of that key is there; its content is not looked at."""
        ...

    def delete(self, key: str) -> bool:
        """Remove an object; False when there was none."""
        ...

    def keys(self) -> Iterator[str]:
        """Every key, in no order worth relying on; unfinished writes are not among them."""
        ...


class FolderObjects:
    """Sealed objects as files `root/ab/abcdef…`, written beside their place, synced and renamed into it."""

    def __init__(self, root: Path, keyring: Keyring) -> None:
        self._root = root
        self._keyring = keyring

    def put(self, data: bytes) -> str:
        """See Objects.put; raises OSError (a full disk) with nothing half there."""
        key = self._keyring.keyed_hash(b"object:" + hashlib.sha256(data).digest())
        path = self._path(key)
        if path.exists():
            # A new time keeps a clean-up of old orphans away from an object that is wanted again.
            os.utime(path)
            return key
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_whole(path, self._keyring.encrypt(data, key.encode()))
        return key

    def get(self, key: str) -> bytes:
        """See Objects.get."""
        try:
            sealed = self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        try:
            return self._keyring.decrypt(sealed, key.encode())
        except SealBroken as error:
            raise ObjectAltered(key) from error

    def exists(self, key: str) -> bool:
        """See Objects.exists."""
        try:
            return self._path(key).is_file()
        except ObjectMissing:
            return False

    def delete(self, key: str) -> bool:
        """See Objects.delete."""
        try:
            self._path(key).unlink()
        except (FileNotFoundError, ObjectMissing):
            return False
        return True

    def keys(self) -> Iterator[str]:
        """See Objects.keys."""
        for path in self._root.glob("??/*"):
            if _KEY.fullmatch(path.name) and path.parent.name == path.name[:2]:
                yield path.name

    def _path(self, key: str) -> Path:
        # A key may come from a request: only our own names ever become a path.
        if not _KEY.fullmatch(key):
            raise ObjectMissing(key)
        return self._root / key[:2] / key


def _write_whole(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
