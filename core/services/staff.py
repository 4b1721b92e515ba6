"""Keeping the clerks' accounts (人员管理): reviewers and base leads with their bases, and the offices of the province.

Who keeps whose accounts is said in `core.domain.permissions.KEEPS`.

No password is ever made here: the person sets the own one through a link that is returned once (password_links).
"""

import re
from collections.abc import Collection

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.models import Account, StaffBase, TrainingBase
from core.domain.errors import InvalidInput, NotFound, Refused, StaleVersion
from core.domain.permissions import BASE_STAFF, ROLE_LABELS, STAFF, Actor, Permission, Role
from core.domain.text import check_person_name, check_text, clean_person_name
from core.services import factor_codes
from core.services.account_notices import NoticeKind, tell
from core.services.context import Context
from core.services.journal import record
from core.services.logins import account_by_login, login_hash, normalize_login
from core.services.password_links import Link, make_link, void
from core.services.sessions import revoke_all
from core.services.use_case import use_case

_LOGIN = re.compile(r"[A-Z][A-Z0-9._-]{3,31}")
_LIKE_A_DOCUMENT = re.compile(r"[A-Z]{1,2}[0-9]{6,}")
_NEVER_NONE = (Role.ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR)


def check_login(raw: str) -> str | None:
    """The sentence for an account name a clerk can't have, or None.

    Whatever looks like a document number stays free for applicants (M8).
    """
    if problem := check_text(raw, label="登录名", required=True, max_length=32, plain=True):
        return problem
    login = normalize_login(raw)
    if not _LOGIN.fullmatch(login):
        return "登录名须为 4 至 32 位，以字母开头，只用字母、数字和 . _ - 。"
    if _LIKE_A_DOCUMENT.fullmatch(login):
        return "登录名不能像证件号（一两个字母后全是数字），请加上姓名拼音，例如 chen.shenhe。"
    return None


@use_case
def create(
    context: Context, actor: Actor, *, role: Role, login: str, name: str, base_ids: Collection[int] = ()
) -> Link:
    """A new clerk's account, with the link for its password.

    Raises NotAllowed and InvalidInput (login, name, role, base_ids).
    """
    actor.require(Permission.MANAGE_STAFF)
    if role in STAFF:
        actor.require_keeping(role)
    faults = {"login": check_login(login), "name": check_person_name(name), "role": _role_fault(role)}
    faults["base_ids"] = _bases_fault(role, base_ids)
    _raise(faults)
    try:
        with context.database.write() as tx:
            if account_by_login(tx, context, login) is not None:
                raise InvalidInput({"login": "这个登录名已有人使用，请换一个。"})
            account = Account(
                role=role.value,
                login=normalize_login(login),
                login_hash=login_hash(context.keyring, login),
                name=clean_person_name(name),
                password_hash="",
                created_at=context.now(),
            )
            tx.add(account)
            tx.flush()
            _set_bases(tx, account.id, base_ids)
            bases = sorted(base_ids)
            record(tx, context, actor, "staff.create", "account", account.id, role=role.value, bases=bases)
            return make_link(tx, context, account)
    except IntegrityError as error:
        raise InvalidInput({"login": "这个登录名已有人使用，请换一个。"}) from error


@use_case
def change(
    context: Context, actor: Actor, *, account_id: int, seen_version: int, role: Role, base_ids: Collection[int]
) -> int:
    """Change a clerk's bases, or turn a reviewer into a base lead and back, which ends all sessions; the new version.

    Raises NotAllowed, NotFound, StaleVersion, InvalidInput, and Refused ROLE_FIXED: an administrator's account is
    made, never turned, since the offices are kept apart (domain.md §10).
    """
    actor.require(Permission.MANAGE_STAFF)
    _raise({"role": _role_fault(role), "base_ids": _bases_fault(role, base_ids)})
    with context.database.write() as tx:
        account = _clerk(tx, actor, account_id)
        if Role(account.role) is not role and not {Role(account.role), role} <= set(BASE_STAFF):
            raise Refused("ROLE_FIXED")
        _save(tx, account_id, seen_version, role=role.value)
        before = sorted(tx.scalars(select(StaffBase.base_id).where(StaffBase.account_id == account_id)))
        _set_bases(tx, account_id, base_ids)
        bases = sorted(base_ids)
        moved = account.role != role.value or before != bases
        ended = revoke_all(tx, context, account_id) if moved else 0
        record(
            tx,
            context,
            actor,
            "staff.change",
            "account",
            account_id,
            role=role.value,
            sessions=ended,
            bases=bases,
            before=before,
        )
        return seen_version + 1


@use_case
def set_active(context: Context, actor: Actor, *, account_id: int, seen_version: int, active: bool) -> int:
    """Enable a clerk's account, or disable it, which ends all its sessions; the new version.

    Raises NotAllowed, NotFound, StaleVersion, Refused OWN_ACCOUNT and Refused LAST_ADMINISTRATOR.
    """
    actor.require(Permission.MANAGE_STAFF)
    with context.database.write() as tx:
        account = _clerk(tx, actor, account_id)
        if not active:
            _require_spare(tx, actor, account)
        _save(tx, account_id, seen_version, active=active)
        ended = 0 if active else revoke_all(tx, context, account_id)
        if not active:
            void(tx, context, account_id)
        action = "staff.enable" if active else "staff.disable"
        record(tx, context, actor, action, "account", account_id, sessions=ended)
        return seen_version + 1


@use_case
def new_link(context: Context, actor: Actor, *, account_id: int, seen_version: int) -> Link:
    """A link for a new password; the old one counts no longer and all the account's sessions end.

    Raises NotAllowed, NotFound, StaleVersion and Refused OWN_ACCOUNT (one's own is changed in 账号与密码).
    """
    actor.require(Permission.MANAGE_STAFF)
    if account_id == actor.account_id:
        raise Refused("OWN_ACCOUNT")
    with context.database.write() as tx:
        account = _clerk(tx, actor, account_id)
        _save(tx, account_id, seen_version, password_hash="")
        ended = revoke_all(tx, context, account_id)
        record(tx, context, actor, "staff.new_link", "account", account_id, sessions=ended)
        return make_link(tx, context, account)


@use_case
def reset_second_factor(context: Context, actor: Actor, *, account_id: int, seen_version: int) -> int:
    """Take the authenticator and recovery codes from a clerk who lost them; all sessions end. The new version.

    The next login sets a new one up. Only the operator of the machine, an administrator without an account, does it
    for applicants, too: their lost authenticator is a matter for the support. Raises NotAllowed, NotFound, StaleVersion, Refused OWN_ACCOUNT (another
    administrator does it) and Refused NO_SECOND_FACTOR.
    """
    actor.require(Permission.MANAGE_STAFF)
    if account_id == actor.account_id:
        raise Refused("OWN_ACCOUNT")
    with context.database.write() as tx:
        if actor.account_id is not None:
            _clerk(tx, actor, account_id)
        if not factor_codes.remove(tx, account_id):
            raise Refused("NO_SECOND_FACTOR")
        _save(tx, account_id, seen_version)
        ended = revoke_all(tx, context, account_id)
        tell(tx, context, account_id, NoticeKind.FACTOR_RESET)
        record(tx, context, actor, "staff.reset_factor", "account", account_id, sessions=ended)
    return seen_version + 1


def _role_fault(role: Role) -> str | None:
    return None if role in STAFF else "请选择一种工作人员身份。"


def _bases_fault(role: Role, base_ids: Collection[int]) -> str | None:
    if role in BASE_STAFF and not base_ids:
        return "请至少选择一个基地。"
    if role not in BASE_STAFF and base_ids:
        return f"{ROLE_LABELS[role]}不属于某个基地，不需要选择基地。"
    return None


def _raise(faults: dict[str, str | None]) -> None:
    found = {field: sentence for field, sentence in faults.items() if sentence}
    if found:
        raise InvalidInput(found)


def _clerk(tx: Session, actor: Actor, account_id: int) -> Account:
    """Applicants' accounts are nobody's to keep here, so they are as good as absent. Raises NotFound, NotAllowed."""
    account = tx.get(Account, account_id, populate_existing=True)
    if account is None or Role(account.role) not in STAFF:
        raise NotFound()
    actor.require_keeping(Role(account.role))
    return account


def _require_spare(tx: Session, actor: Actor, account: Account) -> None:
    if account.id == actor.account_id:
        raise Refused("OWN_ACCOUNT")
    if Role(account.role) not in _NEVER_NONE:
        return
    # Locked: two who disable each other at the same moment must not both succeed.
    # Not against KEY SHARE: a log line that names the account needs that while it holds the end of the log.
    active = select(Account.id).where(Account.role == account.role, Account.active).order_by(Account.id)
    if not set(tx.scalars(active.with_for_update(key_share=True))) - {account.id}:
        raise Refused("LAST_ADMINISTRATOR")


def _set_bases(tx: Session, account_id: int, base_ids: Collection[int]) -> None:
    wanted = set(base_ids)
    if tx.scalar(select(func.count()).where(TrainingBase.id.in_(wanted))) != len(wanted):
        raise NotFound()
    tx.execute(delete(StaffBase).where(StaffBase.account_id == account_id))
    tx.add_all([StaffBase(account_id=account_id, base_id=base_id) for base_id in sorted(wanted)])
    tx.flush()


def _save(tx: Session, account_id: int, seen_version: int, **values: object) -> None:
    statement = update(Account).where(Account.id == account_id, Account.version == seen_version)
    saved = tx.execute(
        statement.values(version=seen_version + 1, **values).execution_options(synchronize_session=False)
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleVersion()
