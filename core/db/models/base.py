"""What all tables share: names for constraints, so that migrations can find them, and the short types."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import JSON, CheckConstraint, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

from core.db.types import UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(primary_key=True)]
Code = Annotated[str, mapped_column(String(40))]
Name = Annotated[str, mapped_column(String(120))]
Digest = Annotated[str, mapped_column(String(64))]


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


def one_of(column: str, values: type[StrEnum], name: str) -> CheckConstraint:
    """The database refuses a word that the rules do not know."""
    words = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=name)


def in_states(states: frozenset[Any]) -> str:
    """An SQL list of state words in a stable order, for constraints and partial indexes."""
    return "(" + ", ".join(f"'{state.value}'" for state in sorted(states)) + ")"
