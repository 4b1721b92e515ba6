"""`xinglin demo`: sample data of any size."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.base import opened

if TYPE_CHECKING:
    from core.services.context import Context

DEFAULT_APPLICANTS = 240


def demo(
    applicants: Annotated[int, typer.Option(min=30, max=50_000, help="报名人数")] = DEFAULT_APPLICANTS,
    seed: Annotated[int, typer.Option(help="随机种子，相同则数据相同")] = 7,
) -> None:
    """Fill an empty database; refused over anything that is there already."""
    with opened(demo=True) as context:
        seed_now(context, applicants=applicants, seed=seed)
        show_logins()


def seed_now(context: "Context", *, applicants: int = DEFAULT_APPLICANTS, seed: int = 7) -> None:
    """Seed and say how long it took."""
    from core.demo.world import seed_demo

    typer.echo(f"正在生成示例数据（{applicants} 人）……")
    begun = time.perf_counter()
    seed_demo(context, applicants=applicants, seed=seed)
    typer.echo(f"示例数据已生成，用时 {time.perf_counter() - begun:.0f} 秒。")


def show_logins() -> None:
    """The demonstration accounts, as the README has them."""
    from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD

    typer.echo(f"示例账号（密码都是 {DEMO_PASSWORD}）：")
    for login in DEMO_LOGINS:
        typer.echo(f"  {login.login:<20}{login.title}")
