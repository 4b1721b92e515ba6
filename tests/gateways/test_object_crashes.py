"""What a full disk, a killed process and a power cut leave of a write: a whole object, or nothing that counts."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core.gateways import object_files
from core.gateways import objects as module
from core.gateways.keyring import Keyring
from core.gateways.objects import FolderObjects, Swept
from core.settings import ROOT

SECRET = "a-secret-of-the-tests-" + "x" * 20
PICTURE = b"\xff\xd8\xff a picture of somebody " * 9_000
NOBODY: frozenset[str] = frozenset()


def store(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "objects", Keyring(SECRET))


def sweep(objects: FolderObjects, **options: bool) -> Swept:
    return objects.sweep(NOBODY, lambda _: NOBODY, timedelta(0), **options)


CALLS = ("mkdir", "open_folder", "flock", "open", "write", "file_fsync", "replace", "folder_fsync", "parent_fsync")


@contextmanager
def failing(patch: pytest.MonkeyPatch, call: str) -> Iterator[list[str]]:
    """No space left at this system call of a `put` into an empty store; tells whether it was reached."""
    reached: list[str] = []
    real_open, real_fsync, real_fdopen = os.open, os.fsync, os.fdopen
    synced: list[str] = []

    def full(*_: object, **__: object) -> object:
        reached.append(call)
        raise OSError(errno.ENOSPC, "no space left")

    def open_(path: object, flags: int, *rest: int) -> int:
        if (call == "open" and flags & os.O_CREAT) or (call == "open_folder" and Path(str(path)).is_dir()):
            full()
        return real_open(path, flags, *rest)  # type: ignore[arg-type]

    def fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        folder = "parent_fsync" if name.name == "objects" else "folder_fsync"
        kind = "file_fsync" if name.suffix == ".part" else folder
        # New folders are synced first; what is meant is the sync after the file.
        if call == kind and (kind == "file_fsync" or "file_fsync" in synced):
            full()
        synced.append(kind)
        real_fsync(descriptor)

    def fdopen(*arguments: object, **more: object) -> object:
        file = real_fdopen(*arguments, **more)  # type: ignore[call-overload]
        if call != "write":
            return file

        class Full:
            def __enter__(self) -> "Full":
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, data: bytes) -> None:
                file.write(data[: len(data) // 2])
                file.flush()
                full()

        return Full()

    with patch.context() as broken:
        broken.setattr(os, "open", open_)
        broken.setattr(os, "fsync", fsync)
        broken.setattr(os, "fdopen", fdopen)
        if call == "mkdir":
            broken.setattr(Path, "mkdir", full)
        if call == "flock":
            broken.setattr(object_files.fcntl, "flock", full)
        if call == "replace":
            broken.setattr(Path, "replace", full)
        yield reached


@pytest.mark.parametrize("call", CALLS)
def test_a_full_disk_at_every_system_call_leaves_nothing_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    objects = store(tmp_path)
    with failing(monkeypatch, call) as reached, pytest.raises(OSError, match="no space left"):
        objects.put(PICTURE)
    assert reached == [call]
    assert [file for file in objects.files() if not file.whole] == []
    whole = list(objects.keys())
    assert all(objects.get(key) == PICTURE for key in whole)
    assert len(whole) == int(call in ("folder_fsync", "parent_fsync"))
    assert objects.get(objects.put(PICTURE)) == PICTURE


def test_a_full_disk_keeps_the_objects_that_were_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = store(tmp_path)
    kept = [objects.put(bytes([number]) * 1_000) for number in range(20)]
    with failing(monkeypatch, "file_fsync"), pytest.raises(OSError, match="no space left"):
        objects.put(PICTURE)
    assert [objects.get(key)[0] for key in kept] == list(range(20))


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from core.gateways import object_files
    from core.gateways.keyring import Keyring
    from core.gateways.objects import FolderObjects

    point, folder, secret, size = sys.argv[1:]

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    if point == "opened":
        os.fdopen = die
    if point == "half written":
        real = object_files._write_synced
        def half(partial, data):
            partial.write_bytes(data[: len(data) // 2])
            die()
        object_files._write_synced = half
    if point == "unsynced":
        os.fsync = lambda d: die() if os.readlink(f"/proc/self/fd/{d}").endswith(".part") else None
    if point == "unnamed":
        Path.replace = die
    if point == "named":
        real_replace = Path.replace
        def replace(self, target):
            real_replace(self, target)
            die()
        Path.replace = replace
    FolderObjects(Path(folder), Keyring(secret)).put(b"\\xff\\xd8" * int(size))
    die()
"""


@pytest.mark.parametrize("point", ["opened", "half written", "unsynced", "unnamed", "named", "done"])
def test_a_process_killed_at_any_point_leaves_a_whole_object_or_none(tmp_path: Path, point: str) -> None:
    objects = store(tmp_path)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), point, str(tmp_path / "objects"), SECRET, "100000"]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    data = b"\xff\xd8" * 100_000
    whole, left = list(objects.keys()), [file for file in objects.files() if not file.whole]
    assert (len(whole), len(left)) == ((1, 0) if point in ("named", "done") else (0, 1))
    assert all(objects.get(key) == data for key in whole)
    assert sweep(objects, dry_run=True) == sweep(objects)
    assert list(objects.files()) == []
    assert objects.get(objects.put(data)) == data


def test_a_killed_process_holds_nothing_any_more(tmp_path: Path) -> None:
    objects = store(tmp_path)
    script = """
        import sys
        from pathlib import Path
        from core.gateways.keyring import Keyring
        from core.gateways.objects import FolderObjects
        with FolderObjects(Path(sys.argv[1]), Keyring(sys.argv[2])).held(b"held"):
            print("held", flush=True)
            sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "objects"), SECRET]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"held\n"
        with _impatient():
            assert sweep(objects) == Swept(busy=1)
        assert len(list(objects.keys())) == 1
        child.kill()
    assert sweep(objects).objects == 1


@contextmanager
def _impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PATIENCE_SECONDS", 0.0)
        yield


def test_bytes_and_names_reach_the_disk_in_the_order_that_a_power_cut_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file before its name, its name before the return, and every new folder before what is put into it."""
    steps: list[str] = []
    real_fsync, real_replace, real_mkdir = os.fsync, Path.replace, Path.mkdir

    def fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append("sync file" if name.suffix == ".part" else f"sync {name.relative_to(tmp_path)}")
        real_fsync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        steps.append("name")
        return real_replace(self, target)

    def mkdir(self: Path, *rest: int, **more: bool) -> None:
        steps.append(f"make {self.relative_to(tmp_path)}")
        real_mkdir(self, *rest, **more)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(Path, "mkdir", mkdir)
    key = store(tmp_path).put(PICTURE)
    inner = f"objects/{key[:2]}"
    written = ["sync file", "name", f"sync {inner}", "sync objects"]
    assert steps == ["make objects", "sync .", f"make {inner}", "sync objects", *written]
    steps.clear()
    assert store(tmp_path).put(PICTURE) == key
    assert steps == [f"sync {inner}", "sync objects"]


def test_a_damaged_object_is_written_anew_when_its_bytes_come_again(tmp_path: Path) -> None:
    objects = store(tmp_path)
    key = objects.put(PICTURE)
    path = tmp_path / "objects" / key[:2] / key
    for damage in (lambda: path.write_bytes(path.read_bytes()[:99]), path.unlink):
        damage()
        assert objects.put(PICTURE) == key
        assert objects.get(key) == PICTURE


def strange(folder: Path) -> list[tuple[Path, Callable[[Path], object]]]:
    inner = folder / "ab"
    return [
        (folder / "notes.txt", Path.touch),
        (folder / "zz" / ("a" * 64), Path.touch),
        (inner / "readme", Path.touch),
        (inner / ("c" * 64), Path.touch),
        (inner / f".{'c' * 64}.01234567.part", Path.touch),
        (inner / f"{'ab' * 32}.bak", Path.touch),
        (inner / f".{'ab' * 32}.part", Path.touch),
        (inner / ("AB" * 32), Path.touch),
        (inner / ("ab" * 31 + "00"), Path.mkdir),
    ]


def test_a_sweep_takes_ours_only_and_only_what_is_old_and_unnamed(tmp_path: Path) -> None:
    objects, folder = store(tmp_path), tmp_path / "objects"
    others = strange(folder)
    for path, make in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)
    link = folder / "ab" / ("ab" * 31 + "11")
    link.symlink_to(folder / "notes.txt")
    named, old, young = (objects.put(word) for word in (b"named", b"old", b"young"))
    part = folder / "ab" / f".{'ab' * 32}.01234567.part"
    part.write_bytes(b"half")
    for path in [part, *(folder / key[:2] / key for key in (named, old)), *(path for path, _ in others)]:
        os.utime(path, (1, 1))
    day = timedelta(days=1)

    def run(*, dry_run: bool = False) -> Swept:
        return objects.sweep(NOBODY, lambda keys: frozenset({named} & set(keys)), day, dry_run=dry_run)

    told = run(dry_run=True)
    assert (told.objects, told.partials, told.busy) == (1, 1, 0) and part.exists()
    assert run() == told
    assert run() == Swept()
    assert set(objects.keys()) == {named, young}
    assert all(path.exists() for path, _ in others) and link.is_symlink()
