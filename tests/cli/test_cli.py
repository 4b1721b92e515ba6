"""The operators' commands, through typer's runner and once as a real process."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from core import runtime
from core.cli import app
from core.cli.demo import DEFAULT_APPLICANTS
from core.cli.serve import _remember_demo
from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD
from core.demo.plan import fewest
from core.domain.photos import PhotoKind
from core.gateways import ocr
from core.services import instance
from core.services.sessions import digest
from core.settings import ROOT, Settings
from tests.imaging.pictures import good

SECRET = "a secret for the tests of the command line"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A live instance's environment over an empty folder."""
    for name in [key for key in os.environ if key.startswith("XINGLIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XINGLIN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XINGLIN_SECRET_KEY", SECRET)
    monkeypatch.setenv("XINGLIN_DEMO", "0")
    before = list(runtime._current)
    yield tmp_path
    runtime._current[:] = before


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed, catch_exceptions=False)


def sql(statement: str) -> None:
    context = runtime.build(Settings())
    with context.database.write() as tx:
        tx.execute(text(statement))
    context.database.dispose()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("11010519491231002x", "resident"),
        ("350102 19960815 0015", "resident"),
        ("810000199703030014", "residence"),
        ("H12345678", "hk-macao"),
        ("12345678", "taiwan"),
    ],
)
def test_id_check_accepts(number: str, kind: str) -> None:
    result = run("id", "check", number, "--kind", kind, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert list(answer) == ["valid", "kind", "normalized", "reason"]
    assert answer == {"valid": True, "kind": kind, "normalized": number.upper().replace(" ", ""), "reason": None}


@pytest.mark.parametrize(
    ("number", "kind", "reason"),
    [
        ("110105194912310021", "resident", "CHECK_DIGIT"),
        ("350102199602300019", "resident", "BIRTH_NOT_REAL"),
        ("440524188001010014", "resident", "BIRTH_BEFORE_1900"),
        ("350102960815001", "resident", "FIFTEEN_DIGITS"),
        ("C12345678", "hk-macao", "EXIT_PERMIT"),
        ("", "resident", "EMPTY"),
        ("x" * 10_000, "taiwan", "TOO_LONG"),
    ],
)
def test_id_check_refuses_with_a_reason(number: str, kind: str, reason: str) -> None:
    result = run("id", "check", number, "--kind", kind, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["valid"] is False
    assert json.loads(result.stdout)["reason"] == reason


def test_id_check_of_an_unknown_kind_is_misuse() -> None:
    result = run("id", "check", "11010519491231002X", "--kind", "passport", "--json")
    assert result.exit_code == 2
    assert "passport" in result.stderr and result.stdout == ""


def test_id_check_in_words() -> None:
    assert run("id", "check", "11010519491231002X").stdout == "有效：居民身份证\n"
    assert run("id", "check", "110105194912310021").stdout.startswith("无效：证件号的最后一位校验码")


def test_id_check_as_a_process_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom core.cli import app\n"
        "try:\n    app()\nfinally:\n"
        "    heavy = {'pandas', 'streamlit', 'sqlalchemy', 'numpy', 'PIL', 'alembic'} & set(sys.modules)\n"
        "    print(','.join(sorted(heavy)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "id", "check", "11010519491231002X", "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert json.loads(done.stdout)["valid"] is True


def test_health_before_and_after_migrating(home: Path) -> None:
    before = run("health", "--json")
    assert before.exit_code == 1
    assert json.loads(before.stdout) == {"healthy": False, "database": True, "migrations": False, "objects": True}
    assert run("migrate").exit_code == 0
    after = run("health", "--json")
    assert (after.exit_code, json.loads(after.stdout)["healthy"]) == (0, True)
    assert run("health").stdout.count("✓") == 3


def test_health_sees_objects_that_cannot_be_written(home: Path) -> None:
    run("migrate")
    (home / "objects").write_text("in the way")
    result = run("health", "--json")
    assert (result.exit_code, json.loads(result.stdout)["objects"]) == (1, False)


def test_health_without_a_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGLIN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    result = run("health", "--json")
    assert (result.exit_code, json.loads(result.stdout)["database"]) == (1, False)


def test_a_command_without_a_database_says_so_in_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGLIN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    result = run("migrate")
    assert result.exit_code == 1
    assert result.stderr.startswith("数据库无法使用") and len(result.stderr.splitlines()) == 1


def test_a_weak_secret_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGLIN_SECRET_KEY", "short")
    result = run("migrate")
    assert result.exit_code == 2
    assert result.stderr.startswith("设置有误") and "Traceback" not in result.stderr


def test_a_fresh_live_instance_has_no_account_but_its_reference_data(home: Path) -> None:
    assert run("migrate").exit_code == 0
    context = runtime.build(Settings())
    with context.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM account")).scalar_one() == 0
        assert tx.execute(text("SELECT count(*) FROM base")).scalar_one() == 12
    assert instance.purpose(context) == instance.LIVE
    context.database.dispose()


def test_the_first_administrator_gets_a_link_once(home: Path) -> None:
    result = run("admin", "create", typed="guanli.chen\n陈管理\n")
    assert result.exit_code == 0
    link = re.search(r"http://localhost:8501/session/first#(\S+)$", result.stdout.strip())
    assert link is not None
    context = runtime.build(Settings())
    with context.database.read() as tx:
        row = tx.execute(text("SELECT role, password_hash FROM account")).one()
        kept = tx.execute(text("SELECT token_hash FROM password_link")).scalar_one()
    context.database.dispose()
    assert (row.role, row.password_hash) == ("administrator", "")
    assert kept == digest(link[1])


def test_an_operator_lets_the_only_administrator_in_again(home: Path) -> None:
    first = run("admin", "create", "--login", "guanli.chen", "--name", "陈管理").stdout.strip()
    again = run("admin", "link", "guanli.chen")
    assert again.exit_code == 0
    assert "/session/first#" in again.stdout
    assert again.stdout.strip().rpartition("#")[2] != first.rpartition("#")[2]
    assert run("admin", "link", "nobody.here").exit_code == 1
    nothing = run("admin", "reset-factor", "guanli.chen")
    assert (nothing.exit_code, nothing.stderr) == (1, "这个账号还没有设置两步验证，没有需要重置的内容。\n")


@pytest.mark.parametrize(("login", "name"), [("a", "陈管理"), ("guanli.chen", ""), ("H12345678", "陈管理")])
def test_an_administrator_that_cannot_be(home: Path, login: str, name: str) -> None:
    result = run("admin", "create", "--login", login, "--name", name)
    assert result.exit_code == 1
    assert result.stderr.strip() and "Traceback" not in result.stderr


def test_the_same_login_twice(home: Path) -> None:
    assert run("admin", "create", "--login", "guanli.chen", "--name", "陈管理").exit_code == 0
    again = run("admin", "create", "--login", "GUANLI.CHEN", "--name", "林管理")
    assert (again.exit_code, again.stderr) == (1, "这个登录名已有人使用，请换一个。\n")


def test_demo_then_everything_agrees(home: Path) -> None:
    result = run("demo", "--applicants", str(fewest()), "--seed", "5")
    assert result.exit_code == 0, result.output
    assert all(login.login in result.stdout for login in DEMO_LOGINS) and DEMO_PASSWORD in result.stdout
    assert run("verify").stdout == "一致\n"
    assert json.loads(run("verify", "--json").stdout) == {"consistent": True, "differences": []}
    again = run("demo", "--applicants", str(fewest()))
    assert again.exit_code == 1 and again.stderr.startswith("这个数据库里已有示例数据")
    _differences_are_told(home)
    _plan_goes_out_and_in(home)
    assert "已失效" in run("lapse").stdout


def _differences_are_told(home: Path) -> None:
    sql("UPDATE seats SET applied = applied + 1 WHERE id = 1")
    told = run("verify")
    assert told.exit_code == 1
    assert re.search(r"I9 seats 1/\d+/\d+ applied：应为 (\d+)，实为 (\d+)", told.stdout)
    assert told.stdout.endswith("不一致：共 1 处。\n")
    assert json.loads(run("verify", "--json").stdout)["differences"][0]["invariant"] == "I9"
    sql("UPDATE seats SET applied = applied - 1 WHERE id = 1")
    assert run("verify").exit_code == 0


def _plan_goes_out_and_in(home: Path) -> None:
    assert run("plan", "export", str(home / "plan.txt")).exit_code == 2
    for name in ("plan.csv", "plan.xlsx"):
        assert run("plan", "export", str(home / name)).exit_code == 0
        unchanged = run("plan", "import", str(home / name))
        assert (unchanged.exit_code, "0 项有变化" in unchanged.stdout) == (0, True)
    lines = (home / "plan.csv").read_text("utf-8-sig").splitlines()
    fields = lines[1].split(",")
    (home / "more.csv").write_text("\n".join([lines[0], ",".join([*fields[:4], "9999", "是"])]), "utf-8")
    (home / "less.csv").write_text("\n".join([lines[0], ",".join([*fields[:4], "-1", "是"]), "XX,,TCM,,5,是"]), "utf-8")
    only = run("plan", "import", str(home / "more.csv"), "--check")
    assert only.exit_code == 0 and "9999" in only.stdout and "没有导入" in only.stdout
    bad = run("plan", "import", str(home / "less.csv"))
    assert bad.exit_code == 1 and "第 2 行" in bad.stderr and "第 3 行" in bad.stderr and "全部没有导入" in bad.stderr
    taken = run("plan", "import", str(home / "more.csv"))
    assert taken.exit_code == 0 and "1 项有变化" in taken.stdout
    assert run("plan", "import", str(home / "nothing.csv")).exit_code == 1
    assert run("plan", "import", str(home / "more.csv"), "--batch", "999").exit_code == 1


def test_the_demonstration_refuses_a_foreign_database(home: Path) -> None:
    assert run("admin", "create", "--login", "guanli.chen", "--name", "陈管理").exit_code == 0
    result = run("demo")
    assert (result.exit_code, result.stderr.startswith("这个数据库里已有其他数据")) == (1, True)


def test_another_secret_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("admin", "create", "--login", "guanli.chen", "--name", "陈管理").exit_code == 0
    monkeypatch.setenv("XINGLIN_SECRET_KEY", SECRET + " changed")
    told = run("verify")
    assert told.exit_code == 1 and "account 1" in told.stdout and "陈管理" not in told.output


def test_keys_are_listed_rotated_and_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("admin", "create", "--login", "chen.guanli", "--name", "陈管理").exit_code == 0
    assert "（当前）" in run("keys", "list").stdout
    assert run("keys", "rotate", "--check").exit_code == 0
    monkeypatch.setenv("XINGLIN_SECRET_KEY", SECRET[::-1])
    monkeypatch.setenv("XINGLIN_OLDER_SECRET_KEYS", json.dumps([SECRET]))
    left = run("keys", "rotate", "--check")
    assert left.exit_code == 1
    assert "还有旧密钥的内容" in left.stderr
    assert "旧密钥可以从设置中移除" in run("keys", "rotate").stdout
    monkeypatch.setenv("XINGLIN_OLDER_SECRET_KEYS", "[]")
    assert run("keys", "rotate", "--check").exit_code == 0
    assert "一致" in run("verify").stdout
    assert SECRET not in run("keys", "list").stdout


def test_a_rotation_without_the_old_secret_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("admin", "create", "--login", "chen.guanli", "--name", "陈管理")
    monkeypatch.setenv("XINGLIN_SECRET_KEY", SECRET[::-1])
    failed = run("keys", "rotate")
    assert failed.exit_code == 1
    assert "XINGLIN_OLDER_SECRET_KEYS" in failed.stderr


def test_retention_says_what_it_would_do_and_did(home: Path) -> None:
    run("migrate")
    counted = run("retention", "run", "--dry-run")
    assert counted.exit_code == 0
    assert "结束后 36 个月" in counted.stdout
    done = run("retention", "run")
    assert done.exit_code == 0
    assert "处理前后一致" in done.stdout


def test_tidy_counts_then_removes_and_verify_agrees(home: Path) -> None:
    run("migrate")
    assert run("tidy").stdout == (
        "已清理：没有记录的文件 0 个、未写完的残留 0 个，共 0 字节；未采用的建议图片 0 份。\n"
    )
    context = runtime.build(Settings())
    key = context.objects.put(b"x" * 2_000)
    context.database.dispose()
    place = home / "objects" / key[:2] / key
    young = run("verify")
    assert young.exit_code == 0 and young.stdout.startswith("一致\n另有 1 个文件暂无记录（2.0 KB")
    assert json.loads(run("verify", "--json").stdout)["unclaimed"] == {"files": 1, "bytes": place.stat().st_size}
    assert "0 个" in run("tidy").stdout and place.exists()
    os.utime(place, (1, 1))
    old = run("verify")
    assert old.exit_code == 1 and f"FILES object {key[:12]}：应为 有记录指向，实为 没有记录" in old.stdout
    would = run("tidy", "--dry-run")
    assert would.stdout.startswith("可清理：没有记录的文件 1 个、未写完的残留 0 个，共 2.0 KB") and place.exists()
    assert run("tidy").stdout == would.stdout.replace("可清理", "已清理")
    assert not place.exists() and run("verify").stdout == "一致\n"
    place.parent.joinpath(f".{key}.0123abcd.part").write_bytes(b"half")
    assert "残留 1 个，共 4 字节" in run("tidy", "--older-than", "0").stdout
    assert run("tidy", "--older-than", "-1").exit_code == 2


def test_tidy_refuses_over_another_database(home: Path) -> None:
    run("migrate")
    context = runtime.build(Settings())
    for number in range(100):
        context.objects.put(bytes([number]))
    context.database.dispose()
    refused = run("tidy", "--older-than", "0")
    assert refused.exit_code == 1 and refused.stderr.startswith("多数文件在数据库里没有记录")
    assert "文件 100 个" in run("tidy", "--older-than", "0", "--force").stdout


def test_too_few_applicants(home: Path) -> None:
    result = run("demo", "--applicants", "31")
    assert result.exit_code == 1 and f"至少需要 {fewest()} 人" in result.stderr
    assert fewest() < DEFAULT_APPLICANTS


class ReadsNothing:
    """A reader whose engine never answers."""

    name = "none"

    def read(self, image_bytes: bytes, *, turn: int = 0) -> None:
        return None


def test_photo_read(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    card = tmp_path / "card.jpg"
    card.write_bytes(good(PhotoKind.ID_FRONT))
    result = run("photo", "read", str(card), "--kind", "id_front", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["kind"], answer["turn"]) == (0, "id_front", 0)
    assert (answer["values"]["name"], answer["values"]["number"]) == ("林晓杏", "350102199608150015")
    words = run("photo", "read", str(card), "--kind", "id_front").stdout
    assert "身份证人像面" in words
    assert "民族：汉" in words


def test_photo_read_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card, broken = tmp_path / "card.jpg", tmp_path / "broken.jpg"
    card.write_bytes(good(PhotoKind.ID_FRONT))
    broken.write_bytes(b"no picture")
    monkeypatch.setattr(ocr, "open_reader", ReadsNothing)
    for file in (card, broken):
        result = run("photo", "read", str(file))
        assert result.exit_code == 1
        assert "没有读出文字" in result.stderr
    monkeypatch.setattr(ocr, "open_reader", lambda: None)
    result = run("photo", "read", str(card), "--json")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "make ocr" in result.stderr


def test_photo_check_and_fix(tmp_path: Path) -> None:
    portrait, broken, out = tmp_path / "p.jpg", tmp_path / "b.jpg", tmp_path / "out.jpg"
    portrait.write_bytes(good(PhotoKind.PORTRAIT))
    broken.write_bytes(b"not a picture")
    result = run("photo", "check", str(portrait), "--kind", "portrait", "--json")
    answer = json.loads(result.stdout)
    assert list(answer) == ["verdict", "faults", "size", "format", "width", "height"]
    assert (result.exit_code, answer["verdict"]) == (0, "accept")
    refused = run("photo", "check", str(broken), "--kind", "certificate", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["verdict"]) == (1, "reject")
    assert list(json.loads(refused.stdout)["faults"][0]) == ["code", "severity", "measured", "threshold", "sentence"]
    assert run("photo", "check", str(portrait), "--kind", "selfie").exit_code == 2
    assert run("photo", "check", str(tmp_path / "none.jpg")).exit_code == 1
    assert run("photo", "fix", str(portrait), "--out", str(out)).exit_code == 0
    assert 153_600 <= out.stat().st_size <= 307_200
    nowhere = tmp_path / "nowhere.jpg"
    assert run("photo", "fix", str(broken), "--out", str(nowhere)).exit_code == 1
    assert not nowhere.exists()


def test_serve_refuses_a_taken_port_in_one_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"端口 {port} 已被占用") and len(result.stderr.splitlines()) == 1
    assert not (home / "xinglin.db").exists()


def test_serve_for_real_twice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _serve(home)
    second = _serve(home)
    assert "正在生成示例数据" in first and "正在生成示例数据" not in second
    for shown in (first, second):
        assert "门户地址：http://localhost:" in shown
        assert all(login.login in shown for login in DEMO_LOGINS)
    monkeypatch.setenv("XINGLIN_DEMO", "1")
    assert run("verify").stdout == "一致\n"


def _serve(home: Path) -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from core.cli import app; app()", "serve", "--demo", "--port", str(port)]
    shown = home / f"serve-{port}.txt"
    with shown.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
    try:
        assert _answers(port, process), shown.read_text("utf-8")
    finally:
        process.terminate()
        process.wait(timeout=30)
    return shown.read_text("utf-8")


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    import httpx

    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"http://localhost:{port}/healthz", timeout=5).status_code == 200:
                return True
        except httpx.HTTPError:
            process_wait(process)
    return False


def process_wait(process: subprocess.Popen[bytes]) -> None:
    """Wait a moment for the server, or until it ends."""
    try:
        process.wait(timeout=0.3)
    except subprocess.TimeoutExpired:
        return


def test_a_demonstration_is_found_again_without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XINGLIN_DEMO", "XINGLIN_DATABASE_URL", "XINGLIN_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XINGLIN_DATA_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="XINGLIN_SECRET_KEY"):
        Settings.load()
    _remember_demo(Settings(demo=True, data_dir=tmp_path))
    assert Settings.load().demo
