"""Streamlit's page in Chinese."""

import json
import re
from pathlib import Path

import streamlit
from starlette.testclient import TestClient

from core.web.index import index_html, script
from core.web.words import PATTERNS, WORDS
from tests.web.conftest import PAGE


def test_every_page_is_ours(client: TestClient) -> None:
    answer = client.get("/some/page", headers=PAGE | {"If-None-Match": "x"})
    assert '<html lang="zh-CN">' in answer.text
    assert "<title>杏林" in answer.text
    assert "Streamlit's own page" not in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_other_answers_pass_untouched(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/nowhere").status_code == 404


def test_the_script_is_served_with_its_words(client: TestClient) -> None:
    answer = client.get("/xinglin-zh.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "__WORDS__" not in answer.text
    assert "__PATTERNS__" not in answer.text
    assert json.dumps(WORDS["Browse files"], ensure_ascii=False) in answer.text


def test_the_page_keeps_streamlits_own_scripts() -> None:
    original = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    for source in re.findall(r'src="([^"]+)"', original):
        assert source in index_html()
    assert script().count("new MutationObserver") == 2


def test_no_script_stands_in_the_page_itself() -> None:
    assert "<script>" not in index_html()
    assert "BACKEND_BASE_URL" in script()


def test_translations_are_chinese_and_patterns_are_whole() -> None:
    assert all(re.search("[\u4e00-\u9fff]|^—+$", text) for text in WORDS.values()), (
        "Chinese, or the dash of an empty date"
    )
    assert all(pattern.startswith("^") and pattern.endswith("$") for pattern, _ in PATTERNS)
