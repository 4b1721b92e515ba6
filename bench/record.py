"""Turns what a page sent into constants: a tree of plain values that `bare.py` can draw again.

So the comparison is fair by construction: the bare page has the same widgets, rows and charts as the real one, and
what differs is our own code (session, queries, rules, formatting).
"""

from collections.abc import Callable, Iterable
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

Node = dict[str, Any]

KEPT: dict[str, Callable[[Any], Node]] = {
    "html": lambda e: {"body": e.body},
    "markdown": lambda e: {"body": e.body, "caption": e.element_type == 1},
    "heading": lambda e: {"body": e.body, "tag": e.tag},
    "text": lambda e: {"body": e.body},
    "alert": lambda e: {"body": e.body, "format": e.format},
    "button": lambda e: {"label": e.label, "kind": e.type, "disabled": e.disabled},
    "text_input": lambda e: {
        "label": e.label,
        "value": e.default,
        "placeholder": e.placeholder,
        "disabled": e.disabled,
    },
    "text_area": lambda e: {"label": e.label, "value": e.default, "disabled": e.disabled},
    "selectbox": lambda e: {"label": e.label, "options": list(e.options), "disabled": e.disabled},
    "multiselect": lambda e: {"label": e.label, "options": list(e.options)},
    "radio": lambda e: {"label": e.label, "options": list(e.options), "horizontal": e.horizontal},
    "button_group": lambda e: {"label": e.label, "options": [o.content for o in e.options]},
    "checkbox": lambda e: {"label": e.label, "value": e.default, "disabled": e.disabled},
    "number_input": lambda e: {"label": e.label, "value": e.default},
    "date_input": lambda e: {"label": e.label},
    "time_input": lambda e: {"label": e.label},
    "date_time_input": lambda e: {"label": e.label},
    "file_uploader": lambda e: {"label": e.label},
    "progress": lambda e: {"value": e.value, "text": e.text},
    "metric": lambda e: {"label": e.label, "body": e.body},
    "page_link": lambda e: {"label": e.label},
    "link_button": lambda e: {"label": e.label, "url": e.url},
    "download_button": lambda e: {"label": e.label},
    "plotly_chart": lambda e: {"spec": e.spec, "selects": bool(e.selection_mode)},
    "dataframe": lambda e: {
        "arrow": e.arrow_data.data,
        "selects": bool(e.selection_mode),
        "edits": bool(e.editing_mode),
    },
    "table": lambda e: {"arrow": e.arrow_data.data},
    "imgs": lambda e: {},
    "space": lambda e: {},
    "empty": lambda e: {},
}


def _block(block: Any) -> Node:
    kind = block.WhichOneof("type") or "container"
    node: Node = {"block": kind, "children": {}}
    if kind == "column":
        node["weight"] = block.column.weight
    elif kind in ("tab", "expandable", "popover"):
        node["label"] = getattr(block, kind).label
    return node


def record(messages: Iterable[ForwardMsg]) -> tuple[Node, set[str]]:
    """The tree below the main area, and the kinds of elements that could not be kept (must be empty to compare)."""
    root: Node = {"block": "container", "children": {}}
    unknown: set[str] = set()
    for message in messages:
        root_index, *path = message.metadata.delta_path
        if root_index != 0 or not path:
            continue
        parent = root
        for index in path[:-1]:
            parent = parent["children"].setdefault(index, {"block": "container", "children": {}})
        if message.delta.WhichOneof("type") == "add_block":
            parent["children"][path[-1]] = _block(message.delta.add_block)
            continue
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind in KEPT:
            parent["children"][path[-1]] = {"element": kind, **KEPT[kind](getattr(element, kind))}
        elif kind:
            unknown.add(kind)
    return root, unknown


def count(node: Node) -> int:
    """How many elements a recorded tree draws."""
    return sum(count(child) for child in node["children"].values()) if "block" in node else 1
