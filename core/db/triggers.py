"""Triggers that keep history as it was written: events and log lines can be added, never changed or deleted (I3)."""

from collections.abc import Iterator

APPEND_ONLY = ("event", "log_entry")


def create_statements(dialect: str) -> Iterator[str]:
    """The DDL for one database."""
    if dialect == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    yield (
        "CREATE FUNCTION xinglin_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION xinglin_append_only()"
        )


def truncate_statements(dialect: str) -> Iterator[str]:
    """On PostgreSQL a table can be emptied past row triggers; SQLite has no such statement."""
    if dialect != "sqlite":
        for table in APPEND_ONLY:
            yield (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION xinglin_append_only()"
            )


def drop_statements(dialect: str) -> Iterator[str]:
    """Undo `create_statements`."""
    for table in APPEND_ONLY:
        if dialect == "sqlite":
            yield f"DROP TRIGGER {table}_no_update"
            yield f"DROP TRIGGER {table}_no_delete"
        else:
            yield f"DROP TRIGGER {table}_append_only ON {table}"
    if dialect != "sqlite":
        yield "DROP FUNCTION xinglin_append_only()"
