"""A new secret: everything comes under it, whenever the run is killed, and a login works before, during and after."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.db.models import Base, Draft
from core.db.types import install_cipher
from core.domain.errors import NotAllowed, TooManyTries
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.gateways.keyring import Keyring
from core.gateways.objects import FolderObjects
from core.queries.queue import EVERY_STATE, QueueFilter, queue
from core.services import key_rotation, throttle
from core.services.accounts import log_in
from core.services.codes import Purpose, guess, make_code, use_up
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.history_permit import reasons_may_change
from core.services.sealed_columns import sealed_tables
from core.services.throttle import Limit
from core.services.verify import verify
from tests.applicants import Stage, make_stage
from tests.conftest import SECRET
from tests.factories import CHEAP, complete_profile, make_account, make_world

OPERATOR = Actor(None, Role.ADMINISTRATOR)
NEW = "another secret for tests that is long enough, too"
NUMBER, PASSWORD = "350102199608150015", "Bencao#1578"
NOTHING = key_rotation.Rotated()


def under(context: Context, secret: str, *older: str) -> Context:
    """The same instance as a process with these secrets sees it."""
    keyring = Keyring(secret, older)
    install_cipher(keyring)
    objects = FolderObjects(context.settings.data_dir / "objects", keyring)
    return replace(context, keyring=keyring, objects=objects)


@pytest.fixture
def lived(context: Context) -> Stage:
    """An instance with one of everything that is sealed or hashed."""
    stage = make_stage(context, make_world(context))
    person = make_account(context, Role.APPLICANT, login=NUMBER, name="林示例")
    complete_profile(context, person)
    returned = stage.bring(person, State.RETURNED)
    with context.database.write() as tx:
        tx.execute(text("UPDATE account SET password_hash = :h"), {"h": hash_password(PASSWORD, cost=CHEAP)})
        tx.add(
            Draft(account_id=person.account_id, form="t", base_version=1, content={"a": "b"}, updated_at=context.now())
        )
        make_code(tx, context, "13900000000", Purpose.RESET, "browser", to="13900000000")
    throttle.reserve(context, throttle.LOGIN, "somebody", "address")
    with context.database.write() as tx, reasons_may_change(tx):
        tx.execute(text("UPDATE event SET reason = reason"))
    assert returned
    return stage


def logs_in(context: Context) -> bool:
    return bool(log_in(context, login=NUMBER, password=PASSWORD, address="a", bound_to="b"))


@pytest.mark.asvs("V11.2.2", "keys can be exchanged: everything sealed and hashed comes under the new one")
def test_everything_comes_under_the_new_key(lived: Stage) -> None:
    old = lived.context
    assert logs_in(old)
    both = under(old, NEW, SECRET)
    assert logs_in(both)
    before = key_rotation.check(both, OPERATOR)
    assert min(before.values, before.hashes, before.searches, before.objects, before.fleeting) > 0
    done = key_rotation.rotate(both, OPERATOR, at_once=3)
    assert (done.values, done.hashes, done.searches) == (before.values, before.hashes, before.searches)
    assert key_rotation.check(both, OPERATOR) == NOTHING
    assert logs_in(both)
    assert verify(both) == []
    only_new = under(old, NEW)
    assert key_rotation.check(only_new, OPERATOR) == NOTHING
    assert logs_in(only_new)
    assert verify(only_new) == []
    assert [row.name for row in found(lived, only_new, "林示")] == ["林示例"]


def found(stage: Stage, context: Context, asked: str) -> tuple:
    wanted = QueueFilter(batch_id=stage.world.batch_id, states=EVERY_STATE, text=asked)
    return queue(context, stage.reviewer, wanted=wanted).rows


def test_clerks_find_people_while_it_runs(lived: Stage) -> None:
    both = under(lived.context, NEW, SECRET)
    assert len(found(lived, both, "林示例")) == 1
    key_rotation.rotate(both, OPERATOR)
    assert len(found(lived, both, "linshili")) == 1
    assert found(lived, both, "王") == ()


def test_a_second_run_has_nothing_to_do(lived: Stage) -> None:
    both = under(lived.context, NEW, SECRET)
    key_rotation.rotate(both, OPERATOR)
    assert key_rotation.rotate(both, OPERATOR) == NOTHING


def test_codes_sent_before_still_work_until_it_is_done(lived: Stage) -> None:
    context, phone = lived.context, "13900000009"
    with context.database.write() as tx:
        code = make_code(tx, context, phone, Purpose.REGISTER, "browser", to=phone).code
    both = under(context, NEW, SECRET)
    code_id = guess(both, phone, Purpose.REGISTER, "browser")
    assert code_id is not None
    with both.database.write() as tx:
        assert not use_up(tx, both, code_id, phone, Purpose.REGISTER, "x")
        assert use_up(tx, both, code_id, phone, Purpose.REGISTER, code)


def test_counters_begin_anew_once_and_count_on(lived: Stage) -> None:
    limit = Limit("t", 1, throttle.REGISTER_ADDRESS.forget)
    both = under(lived.context, NEW, SECRET)
    throttle.reserve(both, limit, "x")
    key_rotation.rotate(both, OPERATOR)
    throttle.reserve(both, limit, "x")
    key_rotation.rotate(both, OPERATOR)
    with pytest.raises(TooManyTries):
        throttle.reserve(both, limit, "x")


def test_what_somebody_saves_meanwhile_is_not_lost(lived: Stage) -> None:
    """A value changes between the look and the step: the newer one stays."""
    both = under(lived.context, NEW, SECRET)
    sealed = next(each for each in sealed_tables() if each.table.name == "draft")
    with both.database.read() as tx:
        (row,) = sealed.part(tx, None, 10)
    with both.database.write() as tx:
        draft = tx.scalars(select(Draft)).one()
        draft.content = {"a": "newer"}
    with both.database.write() as tx:
        assert sealed.reseal(tx, both.keyring, row) == 0
    with both.database.read() as tx:
        assert tx.scalars(select(Draft)).one().content == {"a": "newer"}


def test_only_the_operator(lived: Stage) -> None:
    for actor in (lived.reviewer, lived.first_admin):
        with pytest.raises(NotAllowed):
            key_rotation.rotate(lived.context, actor)


def test_every_value_says_its_key(lived: Stage) -> None:
    both = under(lived.context, NEW, SECRET)
    new, old = both.keyring.numbers
    key_rotation.rotate(both, OPERATOR)
    counted = key_rotation.counted(both)
    assert counted[old] == (0, 0)
    assert min(counted[new]) > 0


def test_every_hashed_column_is_thought_of() -> None:
    """A new column that looks like a hash must be rotated, or be named here with the reason why not."""
    rotated = {"account.login_hash", "account.phone_hash", "search_token.token"}
    begun_anew = {
        "throttle.key_hash",
        "known_place.key_hash",
        "one_time_code.phone_hash",
        "one_time_code.code_hash",
        "recovery_code.code_hash",
    }
    by_the_logs_own_key = {"log_entry.prev_hash", "log_entry.hash", "log_head.hash"}
    of_random_tokens = {"auth_session.ticket_hash", "auth_session.token_hash", "password_link.token_hash"}
    not_keyed = {"account.password_hash", "consent.text_hash"}
    found = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if "hash" in column.name or "token" in column.name
    }
    assert found == rotated | begun_anew | by_the_logs_own_key | of_random_tokens | not_keyed


def test_an_object_that_is_broken_is_told_and_the_rest_goes_on(lived: Stage) -> None:
    folder = lived.context.settings.data_dir / "objects"
    path = next(path for path in sorted(folder.glob("*/*")) if path.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    both = under(lived.context, NEW, SECRET)
    assert key_rotation.rotate(both, OPERATOR).broken == (path.name[:12],)
    assert key_rotation.check(both, OPERATOR).objects == 1


CHILD = """
import json, sys
from core import runtime
from core.settings import Settings
from core.domain.permissions import Actor, Role
from core.services import key_rotation
given = json.loads(sys.argv[1])
context = runtime.build(Settings.model_validate(given))
def told(what, count):
    print(what, count, flush=True)
    sys.stdin.readline()
key_rotation.rotate(context, Actor(None, Role.ADMINISTRATOR), at_once=1, told=told)
print("done", flush=True)
"""


def killed_after(context: Context, steps: int) -> bool:
    """A process that rotates and is killed with -9 after so many steps; False when it came to its end before."""
    given = {
        "data_dir": str(context.settings.data_dir),
        "database_url": context.database.url,
        "secret_key": NEW,
        "older_secret_keys": [SECRET],
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("XINGLIN_")}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert child.stdin and child.stdout
    try:
        for _ in range(steps):
            said = child.stdout.readline()
            assert said, "the child broke off by itself"
            if said.startswith("done"):
                return False
            child.stdin.write("\n")
            child.stdin.flush()
        return True
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()


@pytest.mark.asvs("V11.2.2", "an exchange of keys survives being killed at any point")
def test_killed_in_the_middle_and_run_again(lived: Stage) -> None:
    both = under(lived.context, NEW, SECRET)
    left = [key_rotation.check(both, OPERATOR).total]
    for steps in (3, 9, 12):
        assert killed_after(lived.context, steps)
        assert logs_in(both)
        assert [each for each in verify(both) if each.invariant != "FILES"] == []
        left.append(key_rotation.check(both, OPERATOR).total)
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == len(left)
    assert left[-1] > 0
    key_rotation.rotate(both, OPERATOR)
    only_new = under(lived.context, NEW)
    assert key_rotation.check(only_new, OPERATOR) == NOTHING
    assert logs_in(only_new)
    assert verify(only_new) == []


def test_check_sees_each_kind_of_leftover(lived: Stage) -> None:
    both = under(lived.context, NEW, SECRET)
    key_rotation.rotate(both, OPERATOR)
    old = Keyring(SECRET)
    with both.database.write() as tx:
        tx.execute(
            text("UPDATE account SET name = :n WHERE id = 1"), {"n": old.encrypt("某".encode(), b"account.name")}
        )
        tx.execute(text("UPDATE account SET login_hash = 'x' WHERE id = 1"))
        tx.execute(text("DELETE FROM search_token WHERE token = (SELECT min(token) FROM search_token)"))
    left = key_rotation.check(both, OPERATOR)
    assert (left.values, left.hashes, left.searches, left.objects) == (1, 1, 1, 0)
