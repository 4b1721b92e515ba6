"""What encryption and the session check add to a rerun: both are timed alone and set against the page's processor time."""

import time
from collections.abc import Callable, Mapping
from statistics import median

from sqlalchemy import select

ROUNDS = 200


def print_guards(jars: Mapping[str | None, Mapping[str, str]], reruns: Mapping[str, float]) -> None:
    """`reruns` is milliseconds of processor for one rerun by page, at one session."""
    from core import runtime
    from core.db.models import Profile
    from core.services import sessions
    from core.web.cookies import cookie_name

    context = runtime.context()
    browser = sessions.digest(jars["ready"][cookie_name()])
    actor = sessions.find_actor(context, browser)
    if actor is None:
        raise LookupError("the session of the bench is gone")
    with context.database.read() as tx:
        profile = tx.scalars(select(Profile.content).where(Profile.account_id == actor.account_id)).one()
    plain = str(profile).encode()
    sealed = context.keyring.encrypt(plain, b"bench")
    check = _cost(lambda: sessions.find_actor(context, browser, touch=False))
    opened = _cost(lambda: context.keyring.decrypt(sealed, b"bench"))
    print(
        f"\nsession check {check:.2f} ms, opening a sealed profile of {len(plain)} bytes {opened:.3f} ms of processor"
    )
    for page, rerun in reruns.items():
        print(f"  {page:<10} {(check + opened) / rerun:>6.1%} of a rerun of {rerun:.1f} ms")


def _cost(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1e3)
    return median(times)
