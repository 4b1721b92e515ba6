"""The blind index: a clerk finds a person by part of a name or a number without either lying in clear in the database."""

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from core.db.models import SearchToken
from core.domain.search import normalise_query, terms
from core.services.context import Context

TOKEN_LENGTH = 22
"""Hexadecimal digits kept of each hash: 88 bits."""
MOST_SYLLABLES = 4
"""A longer name (of a minority, transcribed) is spelt with its usual reading only."""


def index(
    tx: Session, context: Context, application_id: int, *, name: str, number: str, phone: str, receipt: str
) -> None:
    """Replace what one application is found by; part of the transaction that submits it (T2, T5)."""
    replace(tx, application_id, tokens(context, name=name, number=number, phone=phone, receipt=receipt))


def replace(tx: Session, application_id: int, found: set[str]) -> None:
    """These tokens and no others for one application."""
    tx.execute(delete(SearchToken).where(SearchToken.application_id == application_id))
    rows = [{"token": token, "application_id": application_id} for token in sorted(found)]
    if rows:
        tx.execute(insert(SearchToken), rows)


def tokens(context: Context, *, name: str, number: str, phone: str, receipt: str) -> set[str]:
    """Every token of one application, as `index` stores them and `verify` recounts them."""
    found = terms(name=name, readings=readings_of(name), number=number, phone=phone, receipt=receipt)
    return {_token(context, term) for term in found}


def tokens_by_key(context: Context, *, name: str, number: str, phone: str, receipt: str) -> list[set[str]]:
    """The tokens as each key makes them, the newest first: while the keys are rotated an application has either."""
    found = terms(name=name, readings=readings_of(name), number=number, phone=phone, receipt=receipt)
    columns = zip(*(_by_key(context, term) for term in found), strict=True)
    return [set(column) for column in columns]


def tokens_for(context: Context, text: str) -> tuple[str, ...]:
    """The tokens of what a clerk typed, one a key; empty when nothing remains to search for."""
    term = normalise_query(text)
    return _by_key(context, term) if term else ()


def readings_of(name: str) -> list[list[str]]:
    """The pinyin of each character, the likeliest first; nothing for a name without Chinese characters."""
    from pypinyin import Style, lazy_pinyin, pinyin

    plain = "".join(c for c in name if "\u3400" <= c <= "\U0003ffff")
    usual = [[syllable] for syllable in lazy_pinyin(plain)]
    if len(plain) > MOST_SYLLABLES:
        return usual
    every = pinyin(plain, style=Style.NORMAL, heteronym=True)
    return [list(dict.fromkeys([*first, *rest[:3]])) for first, rest in zip(usual, every, strict=True)]


def _token(context: Context, term: str) -> str:
    return _by_key(context, term)[0]


def _by_key(context: Context, term: str) -> tuple[str, ...]:
    return tuple(each[:TOKEN_LENGTH] for each in context.keyring.keyed_hashes(b"search\x00" + term.encode()))
