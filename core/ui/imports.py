"""Taking a table in from a file: choose, read what would happen, then all of it or nothing."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.domain.plan_rows import RowFault
from core.services.table_files import MOST_BYTES

SHOWN_FAULTS = 200


def chosen_file(name: str, label: str = "选择 Excel（.xlsx）或 CSV 文件") -> bytes | None:
    """The bytes of the chosen file; after `forget_file` the field is empty again."""
    turn = st.session_state.setdefault(f"{name}#turn", 0)
    file = st.file_uploader(
        label, type=["xlsx", "csv"], key=f"{name}.{turn}", max_upload_size=MOST_BYTES // 1024 // 1024
    )
    return file.getvalue() if file else None


def forget_file(name: str) -> None:
    """Empty the field after success."""
    st.session_state[f"{name}#turn"] = st.session_state.get(f"{name}#turn", 0) + 1


def digest_shown(name: str, data: bytes, digest: str) -> str:
    """The digest that stood under the preview the person last saw of this file, which may be older than `digest`.

    The click on 确认导入 reruns the page and reads the data anew; what was agreed to is what was on the screen before.
    """
    key = f"{name}#digest"
    file, seen = st.session_state.get(key, (None, ""))
    st.session_state[key] = (hash(data), digest)
    return seen if file == hash(data) else digest


def show_faults(faults: Sequence[RowFault]) -> None:
    """Every fault with its line and column, as the spreadsheet counts."""
    lines = len({fault.line for fault in faults})
    st.error(
        f"有 {lines} 行共 {len(faults)} 处需要修改，现在一行也不会导入。请在文件中改好后重新选择。",
        icon=":material/error:",
    )
    rows = [{"行号": f.line, "列": f.column, "需要修改": f.sentence} for f in faults[:SHOWN_FAULTS]]
    st.dataframe(rows, hide_index=True, column_config={"需要修改": st.column_config.TextColumn(width="large")})
    if len(faults) > SHOWN_FAULTS:
        st.caption(f"只列出前 {SHOWN_FAULTS} 处，共 {len(faults)} 处。")


def show_changes(rows: Sequence[dict[str, Any]], total: int, apply: Callable[[], None], name: str) -> None:
    """What would change, and the button that takes it in."""
    if not rows:
        st.info(f"文件共 {total} 行，与现有内容完全一致，不需要导入。", icon=":material/info:")
        return
    st.success(f"文件共 {total} 行，没有错误；其中 {len(rows)} 行会带来变化：", icon=":material/fact_check:")
    st.dataframe(list(rows[:1000]), hide_index=True)
    if st.button(f"确认导入 {len(rows)} 行", type="primary", key=f"{name}!apply"):
        apply()


def as_download(label: str, data: Callable[[], bytes], file: str, mime: str, key: str) -> None:
    """A button that makes the file only when it is asked for."""
    st.download_button(
        label, data=data, file_name=file, mime=mime, key=key, icon=":material/download:", on_click="ignore"
    )


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
