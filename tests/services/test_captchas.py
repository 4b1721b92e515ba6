"""Captchas: one try, one browser, ten minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.clock import SetClock
from core.services import throttle
from core.services.captchas import LIFE, CaptchaTry, captcha_text, new_captcha, solve
from core.services.context import Context

pytestmark = pytest.mark.asvs("V2.4.1", "a captcha answer is used up by one try and bound to its browser")


def answered(context: Context, token: str, answer: str = "ACEHJ", browser: str = "mine") -> bool:
    return solve(context, CaptchaTry(token, answer, browser))


@pytest.fixture
def token(context: Context) -> str:
    return new_captcha(context, "mine", text="ACEHJ")


def test_the_right_answer_counts_once(context: Context, token: str) -> None:
    assert captcha_text(context, token) == "ACEHJ"
    assert answered(context, token, " acehj ")
    assert not answered(context, token)


@pytest.mark.parametrize(
    ("answer", "browser"), [("WRONG", "mine"), ("", "mine"), ("ACEHJ", "theirs"), ("ACEHJ", ""), ("\ud800", "mine")]
)
def test_a_wrong_try_uses_it_up_too(context: Context, token: str, answer: str, browser: str) -> None:
    assert not answered(context, token, answer, browser)
    assert not answered(context, token)


@pytest.mark.parametrize(("age", "good"), [(LIFE - timedelta(seconds=1), True), (LIFE, False)])
def test_it_lives_ten_minutes(context: Context, clock: SetClock, token: str, age: timedelta, good: bool) -> None:
    clock.at += age
    assert answered(context, token) is good


def test_of_twenty_tries_at_once_one_is_judged(context: Context, token: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lambda _: answered(context, token), range(20))) == 1


@pytest.mark.parametrize("invented", ["", "xx", "00" * 40, "ff" * 200])
def test_an_invented_token_is_no_picture(context: Context, invented: str) -> None:
    assert captcha_text(context, invented) == ""
    assert not answered(context, invented, "")


def test_a_used_one_stays_used_when_its_row_is_swept(context: Context, clock: SetClock, token: str) -> None:
    assert answered(context, token)
    clock.advance(days=3)
    assert throttle.sweep(context) == 1
    assert not answered(context, token)


def test_two_pictures_never_share_a_text_by_rule(context: Context) -> None:
    texts = {captcha_text(context, new_captcha(context, "mine")) for _ in range(50)}
    assert len(texts) > 45
    assert {len(each) for each in texts} == {5}
