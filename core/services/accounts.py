"""Logging in, passwords, and what a person sees of the own account (M3, M8, M10).

`register`, `request_register_code` and `request_reset_code` live in core.services.registration, the second step of a
login in core.services.half_login.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.db.models import Account
from core.domain.addresses import place_of
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.identity import DOCUMENT_LABELS, DocumentKind, mask_number, mask_phone
from core.domain.passwords import password_sentence
from core.domain.permissions import ROLE_LABELS, SYSTEM, Actor, Role
from core.domain.registration import IDENTITY_TYPES, check_code, check_repeat, normalize_code
from core.services import half_login, throttle
from core.services.account_notices import NoticeKind, tell
from core.services.codes import Purpose, guess, use_up
from core.services.context import Context
from core.services.credentials import password_checklist
from core.services.hashing import COST, LONGEST_PASSWORD, Cost, hash_password, outdated, verify
from core.services.journal import record
from core.services.known_places import remember
from core.services.logins import account_by_login, bcrypt_left, normalize_login, own_account
from core.services.registration import WRONG_CODE, nobodys_phone
from core.services.sessions import issue_ticket, revoke_all
from core.services.use_case import use_case


@dataclass(frozen=True, slots=True, repr=False)
class AccountView:
    """The own account, masked; `kind_label` is the document's name, empty for staff."""

    role: Role
    role_label: str
    name: str
    login: str
    kind_label: str
    phone: str
    identity_type: str
    created_at: datetime


def log_in(context: Context, *, login: str, password: str, address: str, bound_to: str) -> str | None:
    """A ticket for this browser (M3); None when a second factor is still owed (core.services.half_login).

    One refusal, LOGIN_FAILED, and equal time for unknown, disabled and wrong. The try is taken before the password is
    looked at, so guesses side by side don't slip through the limit. A hash of before is replaced on the way.
    Raises NotAllowed("LOGIN_FAILED") or TooManyTries.
    """
    who = normalize_login(login)
    _reserve_login(context, who, address)
    with context.database.read() as tx:
        account = account_by_login(tx, context, who)
    known = account.password_hash if account and account.active else None
    fits = verify(password[:LONGEST_PASSWORD], known, bcrypt_left=bcrypt_left(context))
    again = hash_password(password) if fits and known and outdated(known) else None
    with context.database.write() as tx:
        if account is None or not fits:
            record(tx, context, SYSTEM, "login_failed", "account", account.id if account else None)
        else:
            throttle.clear(tx, context, throttle.LOGIN, who, place_of(address))
            remember(tx, context, address, who, account.phone)
            _keep_anew(tx, account, again)
            if half_login.needed(context, account):
                half_login.begin(tx, context, account, bound_to)
            else:
                record(tx, context, Actor(account.id, Role(account.role)), "login", "account", account.id)
    if account is None or not fits:
        raise NotAllowed("LOGIN_FAILED")
    return None if half_login.needed(context, account) else issue_ticket(context, account.id, bound_to)


def reset_password(
    context: Context,
    *,
    number: str,
    code: str,
    password: str,
    repeat: str,
    address: str,
    browser: str = "",
    cost: Cost = COST,
) -> None:
    """Set a new password with the code sent to the registered phone; every session ends (M10).

    A wrong code and an unknown number get the same sentence after the same work. Raises InvalidInput, TooManyTries.
    """
    login = normalize_login(number)
    faults = {
        "number": None if login else "请填写证件号。",
        "code": check_code(code),
        "password": password_sentence(password_checklist(context, password, number=login))
        if password
        else "请设置新密码。",
        "repeat": check_repeat(password, repeat),
    }
    if found := {name: text for name, text in faults.items() if text}:
        raise InvalidInput(found)
    throttle.reserve(context, throttle.RESET_DOCUMENT, login, place_of(address))
    with context.database.read() as tx:
        account = account_by_login(tx, context, login)
    known = account if account and account.active and account.phone else None
    phone = known.phone if known and known.phone else nobodys_phone(login)
    code_id = guess(context, phone, Purpose.RESET, browser)
    password_hash = hash_password(password, cost=cost)
    with context.database.write() as tx:
        if not use_up(tx, context, code_id, phone, Purpose.RESET, normalize_code(code)) or known is None:
            raise InvalidInput({"code": WRONG_CODE})
        _refuse_weak(context, known, password)
        _store(tx, known.id, password_hash)
        revoke_all(tx, context, known.id)
        throttle.clear(tx, context, throttle.RESET_DOCUMENT, login, place_of(address))
        remember(tx, context, address, login, known.phone)
        tell(tx, context, known.id, NoticeKind.PASSWORD_RESET)
        record(tx, context, Actor(known.id, Role(known.role)), "password_reset", "account", known.id)


@use_case
def change_password(
    context: Context, actor: Actor, *, current: str, password: str, repeat: str, cost: Cost = COST
) -> None:
    """Change the own password; the other sessions end, this one stays. Raises InvalidInput, TooManyTries."""
    account = own_account(context, actor)
    throttle.reserve(context, throttle.CHANGE, str(account.id))
    if not verify(current[:LONGEST_PASSWORD], account.password_hash):
        raise InvalidInput({"current": "当前密码不正确，密码没有改变。请重新输入。"})
    if fault := check_repeat(password, repeat):
        raise InvalidInput({"repeat": fault})
    if password == current:
        raise InvalidInput({"password": "新密码与当前密码相同，请换一个。"})
    _refuse_weak(context, account, password)
    password_hash = hash_password(password, cost=cost)
    with context.database.write() as tx:
        if not _store(tx, account.id, password_hash, seen=account.password_hash):
            raise InvalidInput({"current": "密码刚刚在别处改过，本次没有改变。请用最新的密码再试。"})
        ended = revoke_all(tx, context, account.id, actor.session_id)
        throttle.clear(tx, context, throttle.CHANGE, str(account.id))
        tell(tx, context, account.id, NoticeKind.PASSWORD_CHANGED)
        record(tx, context, actor, "password_change", "account", account.id, sessions=ended)


@use_case
def account_view(context: Context, actor: Actor) -> AccountView:
    """The actor's own account; number and phone masked (M8)."""
    account = own_account(context, actor)
    role = Role(account.role)
    return AccountView(
        role=role,
        role_label=ROLE_LABELS[role],
        name=account.name,
        login=mask_number(account.login) if account.number_kind else account.login,
        kind_label=DOCUMENT_LABELS[DocumentKind(account.number_kind)] if account.number_kind else "",
        phone=mask_phone(account.phone) if account.phone else "",
        identity_type=IDENTITY_TYPES.get(account.identity_type or "", ""),
        created_at=account.created_at,
    )


@use_case
def own_checklist_facts(context: Context, actor: Actor) -> dict[str, str]:
    """Name, number and phone of the actor, for the live checklist of a new password; never to be shown."""
    account = own_account(context, actor)
    return {"name": account.name, "number": account.login, "phone": account.phone or ""}


def _reserve_login(context: Context, who: str, address: str) -> None:
    with context.database.write() as tx:
        throttle.take(tx, context, throttle.LOGIN, who, place_of(address))
        throttle.take(tx, context, throttle.LOGIN_ADDRESS, place_of(address))


def _refuse_weak(context: Context, account: Account, password: str) -> None:
    facts = {"name": account.name, "number": account.login, "phone": account.phone or ""}
    rules = password_checklist(context, password, **facts)
    if sentence := password_sentence(rules):
        raise InvalidInput({"password": sentence if password else "请设置新密码。"})


def _store(tx: Session, account_id: int, password_hash: str, *, seen: str | None = None) -> bool:
    change = (
        update(Account)
        .where(Account.id == account_id, Account.active.is_(True))
        .values(password_hash=password_hash, version=Account.version + 1)
        .execution_options(synchronize_session=False)
        .returning(Account.id)
    )
    if seen is not None:
        change = change.where(Account.password_hash == seen)
    return tx.execute(change).first() is not None


def _keep_anew(tx: Session, account: Account, password_hash: str | None) -> None:
    """Replace a hash of before, unless the password was changed meanwhile."""
    if password_hash is not None:
        same = (Account.id == account.id, Account.password_hash == account.password_hash)
        anew = update(Account).where(*same).values(password_hash=password_hash)
        tx.execute(anew.execution_options(synchronize_session=False))
