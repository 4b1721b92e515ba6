"""Finding accounts by what people type: login names and phones are looked up by keyed hash only (M8)."""

from weakref import WeakSet

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.engine import Database
from core.db.models import Account
from core.domain.errors import NotFound
from core.domain.identity import normalize_number
from core.domain.permissions import Actor
from core.gateways.keyring import Keyring
from core.services.context import Context
from core.services.hashing import BCRYPT
from core.services.use_case import use_case

LONGEST = 64
_WITHOUT_BCRYPT: WeakSet[Database] = WeakSet()


def normalize_login(raw: str) -> str:
    """A document number as stored; a clerk's account name the same way, so capitals don't matter."""
    return normalize_number(raw[: LONGEST * 4])[:LONGEST]


def login_hash(keyring: Keyring, raw: str) -> str:
    """`account.login_hash` of a typed login name."""
    return keyring.keyed_hash(normalize_login(raw).encode(errors="replace"))


def phone_hash(keyring: Keyring, normalized: str) -> str:
    """`account.phone_hash` of a normalised phone number."""
    return keyring.keyed_hash(normalized.encode(errors="replace"))


def phone_hashes(keyring: Keyring, normalized: str) -> tuple[str, ...]:
    """The same under every key: for finding what was stored before a rotation."""
    return keyring.keyed_hashes(normalized.encode(errors="replace"))


def account_by_login(tx: Session, context: Context, raw: str) -> Account | None:
    """The account of a login name, disabled or not; also found when it was stored under an older secret."""
    hashes = context.keyring.keyed_hashes(normalize_login(raw).encode(errors="replace"))
    return tx.scalars(select(Account).where(Account.login_hash.in_(hashes))).one_or_none()


@use_case
def own_account(context: Context, actor: Actor) -> Account:
    """The actor's own account; raises NotFound for nobody's and a disabled one."""
    with context.database.read() as tx:
        account = tx.get(Account, actor.account_id) if actor.account_id is not None else None
    if account is None or not account.active:
        raise NotFound()
    return account


def bcrypt_left(context: Context) -> bool:
    """Whether some account still has a hash of before Argon2id; once there is none, there never will be again."""
    if context.database in _WITHOUT_BCRYPT:
        return False
    with context.database.read() as tx:
        left = tx.scalars(select(Account.id).where(Account.password_hash.startswith(BCRYPT)).limit(1)).first()
    if left is None:
        _WITHOUT_BCRYPT.add(context.database)
    return left is not None
