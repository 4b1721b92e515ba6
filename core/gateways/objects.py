"""Files of the applicants behind a small protocol; by default a folder of sealed objects.

An object is named by what it holds: the HMAC of the SHA-256 of its plain bytes. Equal bytes are kept once, and
without the instance's secret a name doesn't tell whether a known file is among them.

An object is put before the row that names it. Between the two it is `held`, so that a clean-up of what no row names
(`sweep`) can't take it away, at whatever age it clears.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from core.gateways.keyring import Keyring, SealBroken
from core.gateways.object_files import exclusive, make_folder, shared, sync_names, write_whole

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_PARTIAL: Final = re.compile(r"\.([0-9a-f]{64})\.[0-9a-f]{8}\.part")
PATIENCE_SECONDS: Final = 5.0
"""How long a sweep waits for the uploads of one folder (a 256th of them) before it leaves that folder for next time."""

Named = Callable[[Sequence[str]], AbstractSet[str]]
"""Of these keys, those that some row names; asked afresh whenever it is called."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of ours in the store: a whole object, or what an unfinished write left."""

    key: str
    whole: bool
    size: int
    """Bytes as they lie sealed on the disk."""
    age: timedelta
    """Since it was put, or put again."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed, or with `dry_run` would remove. `busy` folders were left for the next time."""

    objects: int = 0
    partials: int = 0
    size: int = 0
    busy: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.objects + other.objects,
            self.partials + other.partials,
            self.size + other.size,
            self.busy + other.busy,
        )


class ObjectMissing(LookupError):
    """No object of that key."""


class ObjectAltered(Exception):
    """The object isn't what was put: damaged, exchanged, or sealed by another instance."""


class Objects(Protocol):
    """Where the bytes of photographs live. Every method may raise OSError when the store is out of reach."""

    def put(self, data: bytes) -> str:
        """Keep the bytes for good before returning their key; putting the same bytes again gives the same key."""
        ...

    def held(self, *parts: bytes) -> AbstractContextManager[tuple[str, ...]]:
        """Put each of them; until the block ends no sweep removes them. Write the rows inside the block."""
        ...

    def get(self, key: str) -> bytes:
        """The plain bytes; raises ObjectMissing or ObjectAltered."""
        ...

    def exists(self, key: str) -> bool:
        """Whether a whole object of that key is there; its content is not looked at."""
        ...

    def reseal(self, key: str) -> bool:
        """Seal an object with the newest key, in one step and under the same name; False when it was already.

        Raises ObjectMissing or ObjectAltered. Safe while it is read, put again or swept.
        """
        ...

    def is_newest(self, key: str) -> bool:
        """Whether the newest key sealed the object; raises ObjectMissing."""
        ...

    def key_number(self, key: str) -> int | None:
        """The id byte of the key that sealed the object; None when there is no such object."""
        ...

    def delete(self, key: str) -> bool:
        """Remove an object; False when there was none."""
        ...

    def keys(self) -> Iterator[str]:
        """Every key, in no order worth relying on; unfinished writes are not among them."""
        ...

    def files(self) -> Iterator[StoredFile]:
        """Every file of ours, whole or unfinished; what else lies in the store isn't looked at."""
        ...

    def sweep(self, known: AbstractSet[str], named: Named, older_than: timedelta, *, dry_run: bool = False) -> Swept:
        """Remove objects that no row names and unfinished writes, both only when older than `older_than`.

        `known` are keys that rows named a moment ago: they spare asking `named` for each. Safe while uploads hold
        their objects, and while another sweep runs.
        """
        ...


class FolderObjects:
    """Sealed objects as files `root/ab/abcdef…`, written beside their place, synced and renamed into it."""

    def __init__(self, root: Path, keyring: Keyring) -> None:
        self._root = root
        self._keyring = keyring

    def put(self, data: bytes) -> str:
        """See Objects.put; raises OSError (a full disk) with nothing half there."""
        with self.held(data) as (key,):
            return key

    @contextmanager
    def held(self, *parts: bytes) -> Iterator[tuple[str, ...]]:
        """See Objects.held."""
        keyed = [(self._keyring.keyed_hash(b"object:" + hashlib.sha256(part).digest()), part) for part in parts]
        with ExitStack() as locks:
            for folder in sorted({self._path(key).parent for key, _ in keyed}):
                make_folder(folder)
                locks.enter_context(shared(folder))
            for key, part in keyed:
                self._keep(key, part)
            yield tuple(key for key, _ in keyed)

    def _keep(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            self.get(key)
            # A new time keeps a clean-up of old orphans away from an object that is wanted again.
            os.utime(path)
        except (ObjectMissing, ObjectAltered):
            write_whole(path, self._keyring.encrypt(data, key.encode()))
        # Also for what was there: whoever wrote it may not have come so far yet.
        sync_names(path)

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

    def reseal(self, key: str) -> bool:
        """See Objects.reseal; the object keeps its time, so that an orphan grows no younger."""
        path = self._path(key)
        if not path.parent.is_dir():
            raise ObjectMissing(key)
        with shared(path.parent):
            if self.is_newest(key):
                return False
            data, times = self.get(key), path.stat()
            write_whole(path, self._keyring.encrypt(data, key.encode()))
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            sync_names(path)
            return True

    def is_newest(self, key: str) -> bool:
        """See Objects.is_newest."""
        try:
            return self._keyring.is_newest(self._path(key).read_bytes(), key.encode())
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    def key_number(self, key: str) -> int | None:
        """See Objects.key_number."""
        try:
            with self._path(key).open("rb") as file:
                first = file.read(1)
        except FileNotFoundError:
            return None
        return first[0] if first else None

    def delete(self, key: str) -> bool:
        """See Objects.delete."""
        try:
            self._path(key).unlink()
        except (FileNotFoundError, ObjectMissing):
            return False
        return True

    def keys(self) -> Iterator[str]:
        """See Objects.keys."""
        return (file.key for file in self.files() if file.whole)

    def files(self) -> Iterator[StoredFile]:
        """See Objects.files."""
        for folder in self._folders():
            yield from (file for _, file in _files_of(folder))

    def sweep(self, known: AbstractSet[str], named: Named, older_than: timedelta, *, dry_run: bool = False) -> Swept:
        """See Objects.sweep; one folder at a time, each only when no upload is under way in it."""
        total = Swept()
        for folder in self._folders():
            if _unclaimed(folder, known, older_than):
                with exclusive(folder, PATIENCE_SECONDS) as alone:
                    total += _swept(_unclaimed(folder, known, older_than), named, dry_run) if alone else Swept(busy=1)
        return total

    def _folders(self) -> list[Path]:
        return sorted(path for path in self._root.glob("[0-9a-f][0-9a-f]") if path.is_dir() and not path.is_symlink())

    def _path(self, key: str) -> Path:
        # A key may come from a request: only our own names ever become a path.
        if not _KEY.fullmatch(key):
            raise ObjectMissing(key)
        return self._root / key[:2] / key


def _files_of(folder: Path) -> Iterator[tuple[Path, StoredFile]]:
    now = time.time()
    for entry in os.scandir(folder):
        partial = _PARTIAL.fullmatch(entry.name)
        key = partial[1] if partial else entry.name
        if not _KEY.fullmatch(key) or key[:2] != folder.name or not entry.is_file(follow_symlinks=False):
            continue
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        age = timedelta(seconds=max(0.0, now - found.st_mtime))
        yield Path(entry.path), StoredFile(key, not partial, found.st_size, age)


def _unclaimed(folder: Path, known: AbstractSet[str], older_than: timedelta) -> list[tuple[Path, StoredFile]]:
    return [
        (path, file)
        for path, file in _files_of(folder)
        if file.age >= older_than and not (file.whole and file.key in known)
    ]


def _swept(old: list[tuple[Path, StoredFile]], named: Named, dry_run: bool) -> Swept:
    """Inside the folder's lock nobody is between an object and its row: what no row names now gets none."""
    wanted = named([file.key for _, file in old if file.whole])
    total = Swept()
    for path, file in old:
        if file.whole and file.key in wanted:
            continue
        if not dry_run:
            path.unlink(missing_ok=True)
        total += Swept(objects=int(file.whole), partials=int(not file.whole), size=file.size)
    return total
