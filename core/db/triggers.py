"""Triggers that keep history as it was written: events and log lines can be added, never changed or deleted (I3)."""

from collections.abc import Iterator

APPEND_ONLY = ("event", "log_entry")
EVENT_FIXED = (
    "id",
    "application_id",
    "batch_id",
    "version",
    "action",
    "source",
    "target",
    "actor_id",
    "actor_role",
    "details",
    "idempotency_key",
    "at",
)
"""Every column of an event but its reason; a test compares them with the model."""


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


def permit_statements(dialect: str) -> Iterator[str]:
    """The event's trigger made anew: `reason`, and nothing else, may change while a row of `history_permit` is seen.

    A reason is personal data: a rotation of the keys seals it anew, an anonymisation empties it.
    """
    if dialect == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in EVENT_FIXED)
        yield "DROP TRIGGER event_no_update"
        yield (
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "  # noqa: S608
            f"WHEN NOT (EXISTS (SELECT 1 FROM history_permit) AND {same}) "
            "BEGIN SELECT RAISE(ABORT, 'event is append-only'); END"
        )
        return
    yield (
        "CREATE FUNCTION xinglin_event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM history_permit) "
        "AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    yield "DROP TRIGGER event_append_only ON event"
    yield (
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event "
        "FOR EACH ROW EXECUTE FUNCTION xinglin_event_append_only()"
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
