"""Sealing: nothing opens with another secret, for another place, or after a change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gateways.keyring import Keyring, SealBroken

FIRST, SECOND = "first-secret-" + "x" * 30, "second-secret-" + "y" * 30
RING = Keyring(FIRST)


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_opens(plain: bytes, place: bytes) -> None:
    sealed = RING.encrypt(plain, place)
    assert RING.decrypt(sealed, place) == plain
    assert len(sealed) == len(plain) + 29


def test_two_seals_of_one_value_differ() -> None:
    assert RING.encrypt(b"value", b"a") != RING.encrypt(b"value", b"a")


def test_every_altered_bit_is_refused() -> None:
    sealed = RING.encrypt(b"value", b"a")
    for at in range(len(sealed)):
        altered = bytearray(sealed)
        altered[at] ^= 1
        with pytest.raises(SealBroken):
            RING.decrypt(bytes(altered), b"a")


@pytest.mark.parametrize("length", range(33))
def test_every_truncation_is_refused(length: int) -> None:
    with pytest.raises(SealBroken):
        RING.decrypt(RING.encrypt(b"value", b"a")[:length], b"a")


def test_another_place_or_secret_is_refused() -> None:
    sealed = RING.encrypt(b"value", b"a")
    with pytest.raises(SealBroken):
        RING.decrypt(sealed, b"b")
    with pytest.raises(SealBroken):
        Keyring(SECOND).decrypt(sealed, b"a")


def test_rotation_opens_the_old_and_seals_with_the_new() -> None:
    old = RING.encrypt(b"value", b"a")
    rotated = Keyring(SECOND, older=[FIRST])
    assert rotated.decrypt(old, b"a") == b"value"
    new = rotated.encrypt(b"value", b"a")
    assert Keyring(SECOND).decrypt(new, b"a") == b"value"
    with pytest.raises(SealBroken):
        RING.decrypt(new, b"a")


def test_two_secrets_with_one_number_still_open_their_own() -> None:
    number = RING.encrypt(b"", b"")[0]
    twin = next(
        secret
        for secret in (f"twin-{index}" for index in range(5_000))
        if Keyring(secret).encrypt(b"", b"")[0] == number
    )
    both = Keyring(twin, older=[FIRST])
    assert both.decrypt(RING.encrypt(b"old", b"a"), b"a") == b"old"
    assert both.decrypt(both.encrypt(b"new", b"a"), b"a") == b"new"


def test_the_hash_is_stable_and_keyed() -> None:
    assert RING.keyed_hash(b"value") == Keyring(FIRST).keyed_hash(b"value")
    assert RING.keyed_hash(b"value") != Keyring(SECOND).keyed_hash(b"value")
    assert RING.keyed_hash(b"value") != RING.keyed_hash(b"valuf")
    assert len(RING.keyed_hash(b"")) == 64


def test_after_a_rotation_old_hashes_are_still_found() -> None:
    rotated = Keyring(SECOND, older=[FIRST])
    assert rotated.keyed_hashes(b"value") == (Keyring(SECOND).keyed_hash(b"value"), RING.keyed_hash(b"value"))


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Keyring("")
    with pytest.raises(ValueError, match="empty"):
        Keyring(FIRST, older=[""])


def test_the_secret_never_shows() -> None:
    assert FIRST not in repr(RING)
