"""The plan as one editable table, base × specialty, and its import and export."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from core.domain.errors import InvalidInput
from core.queries.batches import BatchView
from core.queries.plan_cells import CellView, plan_cells
from core.services import plans
from core.services.plans import CellChange, PlanPreview
from core.ui.imports import CSV, XLSX, as_download, chosen_file, digest_shown, forget_file, show_changes, show_faults
from core.ui.page import Visit, done, shown_errors
from core.ui.wording import moment

Cells = Mapping[tuple[int, int], CellView]


def edit_tab(visit: Visit, batch: BatchView) -> None:
    """Edit, then save everything at once; the versions are those of the moment the table was opened (I4)."""
    cells, read_at = _opened(visit, batch)
    if not cells:
        st.info("还没有培训基地或专业，请先在「基础数据」中导入。", icon=":material/info:")
        return
    edited = _table(batch, cells)
    changes, faults = _changes(cells, edited)
    note, save, again = st.columns([6, 1.3, 1.3], vertical_alignment="center")
    note.caption(f"数据读取于 {moment(read_at, seconds=True)}。已改 {len(changes)} 处，保存前不会生效。")
    if again.button("重新读取", key="plans.again", width="stretch"):
        _reopen(batch)
        st.rerun()
    if not save.button("保存", type="primary", key="plans.save", width="stretch", disabled=not (changes or faults)):
        return
    with shown_errors():
        if faults:
            raise InvalidInput({str(i): sentence for i, sentence in enumerate(faults)})
        count = plans.set_cells(visit.context, visit.actor, batch_id=batch.id, cells=changes)
        _reopen(batch)
        done(f"已保存 {count} 处名额。")


def import_tab(visit: Visit, batch: BatchView) -> None:
    """Preview a file, then take all of it in, or nothing."""
    st.write(
        "表头：基地代码、专业代码、招收名额（必填），培训基地、报名专业、是否招收（可选）。没有列出的基地和专业保持不变。"
    )
    data = chosen_file("plans.file")
    if data is None:
        return
    with shown_errors():
        preview = plans.preview_import(visit.context, visit.actor, batch_id=batch.id, data=data)
        if preview.faults:
            show_faults(preview.faults)
            return
        seen = digest_shown("plans.file", data, preview.digest)

        def apply() -> None:
            count = plans.apply_import(visit.context, visit.actor, batch_id=batch.id, data=data, seen_digest=seen)
            forget_file("plans.file")
            _reopen(batch)
            done(f"已导入，共改动 {count} 处名额。")

        show_changes(_preview_rows(preview), len(preview.rows), apply, "plans.file")


def export_tab(visit: Visit, batch: BatchView) -> None:
    """The plan as a file; the same file can be imported again."""
    st.write("导出的文件改好后可以直接导入；也可以当作空白模板使用。")
    left, right, _ = st.columns([1.4, 1.4, 4])
    with left:
        as_download(
            "下载 Excel",
            lambda: plans.export(visit.context, visit.actor, batch_id=batch.id, kind="xlsx"),
            "招录计划.xlsx",
            XLSX,
            f"plans.xlsx.{batch.id}",
        )
    with right:
        as_download(
            "下载 CSV",
            lambda: plans.export(visit.context, visit.actor, batch_id=batch.id, kind="csv"),
            "招录计划.csv",
            CSV,
            f"plans.csv.{batch.id}",
        )


def _opened(visit: Visit, batch: BatchView) -> tuple[Cells, datetime]:
    """What the table was opened with; kept over reruns so that a colleague's change is found, not swallowed."""
    key = f"plans.cells.{batch.id}"
    if key not in st.session_state:
        cells = {(c.base_id, c.specialty_id): c for c in plan_cells(visit.context, batch.id)}
        st.session_state[key] = (cells, visit.now)
    cells, read_at = st.session_state[key]
    return cells, read_at


def _reopen(batch: BatchView) -> None:
    st.session_state.pop(f"plans.cells.{batch.id}", None)
    st.session_state["plans.turn"] = st.session_state.get("plans.turn", 0) + 1


def _table(batch: BatchView, cells: Cells) -> Any:
    import pandas as pd

    bases = {c.base_id: c.base_name for c in cells.values()}
    specialties = {c.specialty_id: c.specialty_name for c in cells.values()}
    columns: dict[str, list[Any]] = {"培训基地": list(bases.values())}
    config: dict[str, Any] = {"培训基地": st.column_config.TextColumn(disabled=True, pinned=True, width="medium")}
    for specialty, name in specialties.items():
        column = [cells.get((base, specialty)) for base in bases]
        columns[f"{name} 名额"] = [c.capacity if c else None for c in column]
        columns[f"{name} 招收"] = [c.offered if c else False for c in column]
        columns[f"{name} 报名/占用"] = [f"{c.applied} / {c.held}" if c else "—" for c in column]
        config[f"{name} 名额"] = st.column_config.NumberColumn(min_value=0, max_value=10_000, step=1, width=150)
        config[f"{name} 招收"] = st.column_config.CheckboxColumn("招收", width=62)
        config[f"{name} 报名/占用"] = st.column_config.TextColumn("报名/占用", disabled=True, width=84)
    frame = pd.DataFrame(columns, index=list(bases))
    for name in specialties.values():
        frame[f"{name} 名额"] = frame[f"{name} 名额"].astype("Int64")
    return st.data_editor(
        frame,
        hide_index=True,
        column_config=config,
        num_rows="fixed",
        height=36 * len(bases) + 42,
        row_height=36,
        key=f"plans.editor.{batch.id}.{st.session_state.get('plans.turn', 0)}",
    )


def _changes(cells: Cells, edited: Any) -> tuple[list[CellChange], list[str]]:
    import pandas as pd

    changes: list[CellChange] = []
    faults: list[str] = []
    for (base, specialty), cell in cells.items():
        capacity = edited.at[base, f"{cell.specialty_name} 名额"]
        offered = bool(edited.at[base, f"{cell.specialty_name} 招收"])
        empty = bool(pd.isna(capacity))
        if empty and cell.capacity is not None:
            faults.append(f"请填写 {cell.base_name}·{cell.specialty_name} 的名额，不招收时取消勾选「招收」")
        elif not empty and (int(capacity), offered) != (cell.capacity, cell.offered):
            changes.append(CellChange(base, specialty, int(capacity), offered, cell.version))
    return changes, faults


def _preview_rows(preview: PlanPreview) -> Sequence[dict[str, Any]]:
    rows = []
    for row in preview.changed:
        cell = preview.before[row.base_code, row.specialty_code]
        rows.append(
            {
                "行号": row.line,
                "培训基地": cell.base_name,
                "报名专业": cell.specialty_name,
                "现在名额": cell.capacity,
                "导入后名额": row.capacity,
                "导入后是否招收": "是" if row.offered else "否",
                "报名 / 占用": f"{cell.applied} / {cell.held}",
            }
        )
    return rows
