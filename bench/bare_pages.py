"""Draws recorded pages from constants, one page for each recording.

Nothing of the portal is imported here.
"""

import pickle
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.io
import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Node = dict[str, Any]
ALERTS: dict[int, Callable[[str], Any]] = {1: st.error, 2: st.warning, 3: st.info, 4: st.success}


@cache
def recordings(folder: str) -> dict[str, Node]:
    """Every recording of the folder, read once a process; written by the bench itself a moment ago."""
    return {path.stem: _ready(pickle.loads(path.read_bytes())) for path in sorted(Path(folder).glob("*.pickle"))}


def _ready(node: Node) -> Node:
    if "block" in node:
        node["children"] = [_ready(child) for _, child in sorted(node["children"].items())]
    elif "arrow" in node:
        node["frame"] = pa.ipc.open_stream(node["arrow"]).read_pandas()
    elif "spec" in node:
        node["figure"] = plotly.io.from_json(node["spec"], skip_invalid=True)
    return node


def draw(node: Node, key: str) -> None:
    """Draw one node where we stand."""
    if "block" in node:
        _block(node, key)
    else:
        ELEMENTS[node["element"]](node, key)


def _children(node: Node, key: str) -> None:
    for index, child in enumerate(node["children"]):
        draw(child, f"{key}.{index}")


def _block(node: Node, key: str) -> None:
    children = node["children"]
    if children and all(child.get("block") == "column" for child in children):
        for index, (column, child) in enumerate(
            zip(st.columns([c["weight"] for c in children]), children, strict=True)
        ):
            with column:
                _children(child, f"{key}.{index}")
        return
    if node["block"] == "tab_container":
        for index, (tab, child) in enumerate(zip(st.tabs([c["label"] for c in children]), children, strict=True)):
            with tab:
                _children(child, f"{key}.{index}")
        return
    with _opened(node):
        _children(node, key)


def _opened(node: Node) -> DeltaGenerator:
    if node["block"] == "expandable":
        return st.expander(node["label"] or " ")
    if node["block"] == "popover":
        return st.popover(node["label"] or " ")
    return st.container()


def _frame(node: Node, key: str) -> None:
    frame: pd.DataFrame = node["frame"]
    if node["edits"]:
        st.data_editor(frame, key=key)
    elif node["selects"]:
        st.dataframe(frame, key=key, on_select="rerun")
    else:
        st.dataframe(frame, key=key)


def _chart(node: Node, key: str) -> None:
    if node["selects"]:
        st.plotly_chart(node["figure"], key=key, on_select="rerun")
    else:
        st.plotly_chart(node["figure"], key=key)


ELEMENTS: dict[str, Callable[[Node, str], Any]] = {
    "html": lambda n, k: st.html(n["body"] or " "),
    "markdown": lambda n, k: st.caption(n["body"]) if n["caption"] else st.markdown(n["body"]),
    "heading": lambda n, k: st.header(n["body"]),
    "text": lambda n, k: st.text(n["body"]),
    "alert": lambda n, k: ALERTS.get(n["format"], st.info)(n["body"]),
    "button": lambda n, k: st.button(n["label"], key=k, disabled=n["disabled"]),
    "text_input": lambda n, k: st.text_input(
        n["label"], n["value"], key=k, placeholder=n["placeholder"], disabled=n["disabled"]
    ),
    "text_area": lambda n, k: st.text_area(n["label"], n["value"], key=k, disabled=n["disabled"]),
    "selectbox": lambda n, k: st.selectbox(n["label"], n["options"], key=k, disabled=n["disabled"]),
    "multiselect": lambda n, k: st.multiselect(n["label"], n["options"], key=k),
    "radio": lambda n, k: st.radio(n["label"], n["options"], key=k, horizontal=n["horizontal"]),
    "button_group": lambda n, k: st.segmented_control(n["label"], n["options"], key=k),
    "checkbox": lambda n, k: st.checkbox(n["label"], n["value"], key=k, disabled=n["disabled"]),
    "number_input": lambda n, k: st.number_input(n["label"], value=n["value"], key=k),
    "date_input": lambda n, k: st.date_input(n["label"], key=k),
    "time_input": lambda n, k: st.time_input(n["label"], key=k),
    "date_time_input": lambda n, k: st.datetime_input(n["label"], key=k),
    "file_uploader": lambda n, k: st.file_uploader(n["label"], key=k),
    "progress": lambda n, k: st.progress(n["value"], n["text"] or None),
    "metric": lambda n, k: st.metric(n["label"], n["body"]),
    "page_link": lambda n, k: st.page_link("http://127.0.0.1/", label=n["label"]),
    "link_button": lambda n, k: st.link_button(n["label"], "http://127.0.0.1/"),
    "download_button": lambda n, k: st.download_button(n["label"], b"", key=k),
    "plotly_chart": _chart,
    "dataframe": _frame,
    "table": lambda n, k: st.table(n["frame"]),
    "imgs": lambda n, k: st.html("<img alt=''>"),
    "space": lambda n, k: st.space(),
    "empty": lambda n, k: st.empty(),
}


def main() -> None:
    """One page a recording, and an empty one as the floor."""
    pages = [st.Page(lambda: None, title="empty", url_path="empty", default=True)]
    for name, tree in recordings(sys.argv[1]).items():
        pages.append(st.Page(partial(draw, tree, name), title=name, url_path=name))
    st.set_page_config(page_title="bare", layout="wide", menu_items={})
    st.navigation(pages, position="top").run()
