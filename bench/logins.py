"""Sessions for visitors that can't type: made by the service itself, in the portal's own database."""

import secrets

from sqlalchemy import select


def jar_for(login: str) -> dict[str, str]:
    """A cookie jar with a fresh session of the account with this login."""
    from core import runtime
    from core.services.logins import account_by_login

    context = runtime.context()
    with context.database.read() as tx:
        account = account_by_login(tx, context, login)
    if account is None:
        raise LookupError("the demonstration has no such login")
    return _jar(account.id)


def jars_without_application(count: int) -> list[dict[str, str]]:
    """Sessions of so many different applicants whose profile is open."""
    from core import runtime
    from core.db.models import Account, Application

    busy = select(Application.account_id)
    free = select(Account.id).where(Account.role == "applicant", Account.id.not_in(busy)).order_by(Account.id)
    with runtime.context().database.read() as tx:
        found = list(tx.scalars(free.limit(count)))
    if len(found) < count:
        raise LookupError(f"only {len(found)} applicants have no application")
    return [_jar(account_id) for account_id in found]


def _jar(account_id: int) -> dict[str, str]:
    from core import runtime
    from core.services import sessions
    from core.web.cookies import cookie_name

    context = runtime.context()
    browser = secrets.token_urlsafe(32)
    ticket = sessions.issue_ticket(context, account_id, sessions.digest(browser))
    return {cookie_name(): str(sessions.redeem_ticket(context, ticket, sessions.digest(browser)))}
