"""`xinglin`, the operators' command line. Each group imports what it needs when it runs, so a small question is answered at once."""

import typer

from core.cli import (
    admin,
    audit,
    demo,
    health,
    keys,
    lapse,
    migrate,
    number,
    outbox,
    photo,
    plan,
    retention,
    serve,
    tidy,
    verify,
)

app = typer.Typer(
    name="xinglin",
    help="杏林：中医住院医师规范化培训招录门户的运维命令。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve", help="启动门户。")(serve.serve)
app.command("demo", help="生成示例数据。")(demo.demo)
app.command("migrate", help="把数据库升级到最新版本。")(migrate.run)
app.command("verify", help="按不变式 I1–I9 核对整个数据库。")(verify.run)
app.command("tidy", help="清理没有记录的文件、未写完的残留和未采用的建议图片。")(tidy.run)
app.command("health", help="检查数据库、数据库版本和文件存储。")(health.run)
app.command("lapse", help="处理到期的草稿、退回件和未确认的录取（T7、T18），执行一次。")(lapse.run)
app.add_typer(admin.app, name="admin", help="管理员账号。")
app.add_typer(outbox.app, name="outbox", help="短信和邮件的发送。")
app.add_typer(audit.app, name="audit", help="操作日志的完整性。")
app.add_typer(plan.app, name="plan", help="培训基地招录计划。")
app.add_typer(keys.app, name="keys", help="加密密钥。")
app.add_typer(retention.app, name="retention", help="个人信息的保存期限。")
app.add_typer(number.app, name="id", help="证件号。")
app.add_typer(photo.app, name="photo", help="证件照片。")
