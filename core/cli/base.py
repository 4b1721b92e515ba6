"""What the commands share: one way to say why not, and the way into the instance."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from core.domain.permissions import Actor
    from core.services.context import Context

FAILED = 1
MISUSED = 2


def fail(sentence: str, code: int = FAILED) -> NoReturn:
    """Say one sentence on the error stream and end with `code`."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """One JSON document on the output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def opened(*, demo: bool = False, migrated: bool = True) -> Iterator[Context]:
    """The instance that the settings name, at the newest schema when `migrated`; errors end in one sentence.

    `demo` switches the demonstration on as XINGLIN_DEMO=1 would.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from core.domain.errors import DomainError
    from core.gateways.keyring import SealBroken

    if demo:
        os.environ["XINGLIN_DEMO"] = "1"
    context = _build()
    try:
        if migrated:
            from core.db.migrate import migrate

            migrate(context.database)
        yield context
    except DomainError as error:
        fail(sentence_for(error))
    except SealBroken:
        fail("数据无法解密，没有写入任何内容；请检查 XINGLIN_SECRET_KEY 和 XINGLIN_OLDER_SECRET_KEYS。")
    except SQLAlchemyError as error:
        fail(
            f"数据库无法使用（{type(error).__name__}）；没有写入任何内容，请检查 XINGLIN_DATABASE_URL 和数据库是否可用。"
        )
    except OSError as error:
        fail(
            f"文件无法读写：{error.strerror or error}（{error.filename or ''}）；请检查 XINGLIN_DATA_DIR 的权限和空间。"
        )
    finally:
        context.database.dispose()


def _build() -> Context:
    from pydantic import ValidationError

    from core import runtime
    from core.settings import Settings

    try:
        context = runtime.build(Settings.load())
    except ValidationError as error:
        problems = "；".join(str(each["msg"]).removeprefix("Value error, ") for each in error.errors())
        fail(f"设置有误，没有启动：{problems}", MISUSED)
    except ValueError as error:
        fail(f"设置有误，没有启动：{error}", MISUSED)
    runtime.install(context)
    return context


def operator(*, of_accounts: bool = False) -> Actor:
    """Whoever runs commands on this machine: an administrator without an account, so the log says by its empty id.

    `of_accounts` makes it the system administrator's office, which keeps accounts.
    """
    from core.domain.permissions import Actor, Role

    return Actor(account_id=None, role=Role.SYSTEM_ADMINISTRATOR if of_accounts else Role.ADMINISTRATOR)


def sentence_for(error: Any) -> str:
    """The words of a refusal: the field sentences, the operator's own ones, or its code."""
    fields = getattr(error, "fields", None)
    if fields:
        return "；".join(fields.values())
    return _SENTENCES.get(error.code) or f"未能完成，没有写入任何内容（{error.code}）。"


_SENTENCES = {
    "INSTANCE_NOT_DEMO": "这个数据库里已有其他数据，示例数据不会写入；请另设 XINGLIN_DATA_DIR 或 XINGLIN_DATABASE_URL。",
    "INSTANCE_IS_DEMO": "这个数据库里是示例数据，不能当作正式实例使用；请另设 XINGLIN_DATA_DIR 或 XINGLIN_DATABASE_URL。",
    "DEMO_ALREADY_THERE": "这个数据库里已有示例数据；要重新生成，请另设 XINGLIN_DATA_DIR，或先删除原来的数据文件夹。",
    "TIDY_TOO_MUCH": "多数文件在数据库里没有记录，可能连接了另一个数据库；没有删除任何内容。"
    "请核对 XINGLIN_DATABASE_URL 和 XINGLIN_DATA_DIR，确认无误后加 --force 再执行。",
    "NOT_FOUND": "没有找到所指的记录，请核对后再试。",
    "IMPORT_HAS_FAULTS": "文件里有不对的行，全部没有导入。",
    "STALE_VERSION": "数据刚刚被别人改过，没有写入；请再执行一次。",
    "NO_SECOND_FACTOR": "这个账号还没有设置两步验证，没有需要重置的内容。",
}
