"""The folder of sealed objects, on a real disk."""

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.gateways.keyring import Keyring
from core.gateways.objects import FolderObjects, ObjectAltered, ObjectMissing

RING = Keyring("a-secret-of-the-tests-" + "x" * 20)
PICTURE = b"\xff\xd8\xff a picture of somebody " * 400


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "objects", RING)


def place(tmp_path: Path, key: str) -> Path:
    return tmp_path / "objects" / key[:2] / key


def files_in(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_put_comes_back(objects: FolderObjects) -> None:
    for data in (PICTURE, b"", b"\x00" * 300_000):
        key = objects.put(data)
        assert objects.get(key) == data
        assert objects.exists(key)


def test_equal_bytes_are_kept_once(objects: FolderObjects, tmp_path: Path) -> None:
    assert objects.put(PICTURE) == objects.put(PICTURE)
    assert len(files_in(tmp_path)) == 1
    assert objects.put(PICTURE + b"!") != objects.put(PICTURE)


def test_neither_name_nor_content_tells_anything(objects: FolderObjects, tmp_path: Path) -> None:
    key = objects.put(PICTURE)
    assert key != hashlib.sha256(PICTURE).hexdigest()
    assert key != FolderObjects(tmp_path / "other", Keyring("another" * 6)).put(PICTURE)
    sealed = place(tmp_path, key).read_bytes()
    assert b"picture" not in sealed
    assert PICTURE[:3] not in sealed[:40]
    assert place(tmp_path, key).stat().st_mode & 0o077 == 0


def test_altered_or_exchanged_objects_are_refused(objects: FolderObjects, tmp_path: Path) -> None:
    key, other = objects.put(PICTURE), objects.put(b"another")
    whole = place(tmp_path, key).read_bytes()
    for spoiled in (
        whole[:-1],
        whole[:20],
        b"",
        whole[:50] + b"\x00" + whole[51:],
        place(tmp_path, other).read_bytes(),
    ):
        place(tmp_path, key).write_bytes(spoiled)
        with pytest.raises(ObjectAltered):
            objects.get(key)
    assert objects.get(other) == b"another"


def test_another_instances_secret_opens_nothing(objects: FolderObjects, tmp_path: Path) -> None:
    key = objects.put(PICTURE)
    with pytest.raises(ObjectAltered):
        FolderObjects(tmp_path / "objects", Keyring("another" * 6)).get(key)


def test_after_a_rotation_old_objects_open(objects: FolderObjects, tmp_path: Path) -> None:
    key = objects.put(PICTURE)
    rotated = FolderObjects(tmp_path / "objects", Keyring("n" * 40, older=["a-secret-of-the-tests-" + "x" * 20]))
    assert rotated.get(key) == PICTURE
    assert rotated.get(rotated.put(PICTURE)) == PICTURE


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "/x", "a" * 64 + "\n", "é" * 64]
)
def test_a_key_that_is_not_ours_never_becomes_a_path(objects: FolderObjects, key: str) -> None:
    with pytest.raises(ObjectMissing):
        objects.get(key)
    assert not objects.exists(key)
    assert not objects.delete(key)


def test_delete_removes_once(objects: FolderObjects) -> None:
    key = objects.put(PICTURE)
    assert objects.delete(key)
    assert not objects.delete(key)
    assert not objects.exists(key)
    with pytest.raises(ObjectMissing):
        objects.get(key)


def test_keys_lists_whole_objects_only(objects: FolderObjects, tmp_path: Path) -> None:
    assert list(objects.keys()) == []
    keys = {objects.put(bytes([number])) for number in range(20)}
    first = min(keys)
    place(tmp_path, first).with_name(f".{first}.0123.part").write_bytes(b"half")
    place(tmp_path, first).with_name("notes.txt").write_bytes(b"")
    assert set(objects.keys()) == keys


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_broken_write_leaves_nothing(
    objects: FolderObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as broken:
        if step == "fsync":
            broken.setattr(os, "fsync", full)
        else:
            broken.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="no space"):
            objects.put(PICTURE)
    assert files_in(tmp_path) == []
    assert list(objects.keys()) == []
    assert objects.get(objects.put(PICTURE)) == PICTURE


def test_many_writers_of_one_picture_make_one_object(objects: FolderObjects, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(objects.put, [PICTURE] * 40))
    assert len(keys) == len(files_in(tmp_path)) == 1
    assert objects.get(keys.pop()) == PICTURE


def test_a_picture_wanted_again_looks_new_to_a_clean_up(objects: FolderObjects, tmp_path: Path) -> None:
    key = objects.put(PICTURE)
    os.utime(place(tmp_path, key), (1, 1))
    objects.put(PICTURE)
    assert place(tmp_path, key).stat().st_mtime > 1_000
