"""基本资料, 学历信息 and 执业医师信息 while they are edited: groups of fields, education rows, 保存 and 取消."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from core.domain.profile import MAX_ROWS, rows
from core.domain.profile_check import check_section
from core.domain.profile_fields import EDUCATION, FIELDS, Field, in_words
from core.services.profiles import ProfileView, today
from core.ui import profile_editing
from core.ui.forms import Form
from core.ui.page import Visit
from core.ui.profile_editing import Editing
from core.ui.profile_reading import of_number
from core.ui.profile_reference import reference_of
from core.ui.profile_widgets import Sheet, say_flags

Group = tuple[str, Sequence[Sequence[str]]]
GROUPS: dict[str, Sequence[Group]] = {
    "basic": (
        (
            "个人情况",
            (("sex", "birth_date"), ("ethnic_group",), ("home_division",), ("political_status", "marital_status")),
        ),
        ("联系方式", (("email",), ("address",), ("postcode",))),
        ("紧急联系人", (("emergency_name", "emergency_relation"), ("emergency_phone",))),
        ("人员类型", (("person_type",), ("unit",), ("primary_care",), ("graduate_kind", "directed"))),
        ("英语水平", (("cet_level", "cet_score"),)),
    ),
    "practice": (
        ("医师资格", (("qualified",), ("qualification_number",), ("qualification_date",), ("category",), ("pending",))),
        ("医师执业", (("licensed",), ("licence_number",), ("licence_place",), ("licence_scope",))),
    ),
    EDUCATION: (
        (
            "",
            (
                ("level", "full_time"),
                ("school",),
                ("school_other",),
                ("major",),
                ("major_other",),
                ("start", "end"),
                ("status",),
                ("diploma_number",),
                ("degree",),
                ("degree_type",),
                ("degree_number",),
            ),
        ),
    ),
}
"""Which fields stand together, and which share a line."""


def edit_section(visit: Visit, view: ProfileView, section: str, editing: Editing) -> None:
    """The whole form of one section."""
    profile_editing.say_restored(editing)
    if section == EDUCATION:
        _edit_rows(visit, view, editing)
    else:
        _edit_fields(visit, view, section, editing)


def opening(view: ProfileView, section: str) -> dict[str, Any]:
    """What a form of this section opens with; a first education row is offered at once."""
    if section == EDUCATION:
        found = [dict(row) for row in rows(view.content)] or [{"id": "e1"}]
        return {"rows": found}
    return dict(view.content.get(section) or {})


def _edit_fields(visit: Visit, view: ProfileView, section: str, editing: Editing) -> None:
    form = Form(f"profile.{section}", saved=editing.typed)
    profile_editing.say_conflict(visit, section, form, editing)
    reference = reference_of(visit.context)
    sheet = Sheet(form, section, reference, view.editable, {}, "")
    known = editing.typed | _on_screen(sheet, section)
    arguments = {"person": view.person, "today": today(visit.context), "words": reference.words}
    sheet.faults = check_section(section, known, **arguments)  # type: ignore[arg-type]
    for title, lines in GROUPS[section]:
        _draw_group(title, lines, sheet, section, known, _identified(view) if section == "basic" else {})
    if profile_editing.keep(visit, section, editing, known | form.values):
        st.rerun()
    _end(visit, section, form, editing, known | form.values, sheet.faults)


def _edit_rows(visit: Visit, view: ProfileView, editing: Editing) -> None:
    listed: list[dict[str, Any]] = editing.typed.get("rows") or []
    flat = {f"{row['id']}.{name}": value for row in listed for name, value in row.items() if name != "id"}
    form = Form(f"profile.{EDUCATION}", saved=flat)
    profile_editing.say_conflict(visit, EDUCATION, form, editing)
    say_flags([flag for flag in view.editable.flags if flag.field == EDUCATION])
    reference = reference_of(visit.context)
    sheets = {row["id"]: Sheet(form, EDUCATION, reference, view.editable, {}, f"{row['id']}.") for row in listed}
    typed = [row | _on_screen(sheets[row["id"]], EDUCATION) for row in listed]
    arguments = {"person": view.person, "today": today(visit.context), "words": reference.words}
    faults = check_section(EDUCATION, {"rows": typed}, **arguments)  # type: ignore[arg-type]
    form.faults.update({path: text for path, text in faults.items() if path == EDUCATION})
    for number, row in enumerate(typed, start=1):
        sheet = sheets[row["id"]]
        sheet.faults = faults
        with st.container(border=True):
            _row_head(visit, view, editing, form, row["id"], number)
            for title, lines in GROUPS[EDUCATION]:
                _draw_group(title, lines, sheet, EDUCATION, row, {})
            row |= {n.removeprefix(sheet.stem): v for n, v in form.values.items() if n.startswith(sheet.stem)}
    can_add = view.editable.allows(f"{EDUCATION}.new") and len(typed) < MAX_ROWS
    st.button(
        "添加一条学历",
        icon=":material/add:",
        on_click=_add_row,
        args=(visit, view, editing),
        disabled=not can_add,
        key=f"{form.name}!add",
    )
    if profile_editing.keep(visit, EDUCATION, editing, editing.typed | {"rows": typed}):
        st.rerun()
    _end(visit, EDUCATION, form, editing, {"rows": typed}, faults)


def _row_head(visit: Visit, view: ProfileView, editing: Editing, form: Form, row_id: str, number: int) -> None:
    title, button = st.columns([4, 1], vertical_alignment="center")
    title.html(f'<h3 class="xl-group">第{number}条学历</h3>')
    say_flags([flag for flag in view.editable.flags if flag.field == f"{EDUCATION}.{row_id}"])
    button.button(
        "删除",
        key=f"{form.name}!drop.{row_id}",
        icon=":material/delete:",
        on_click=_drop_row,
        args=(visit, editing, row_id),
        disabled=not view.editable.allows(f"{EDUCATION}.{row_id}"),
        width="stretch",
    )


def _draw_group(
    title: str,
    lines: Sequence[Sequence[str]],
    sheet: Sheet,
    section: str,
    known: Mapping[str, Any],
    fixed: Mapping[str, str],
) -> None:
    asked = [[item for item in _fields(section, line) if item.relevant(known)] for line in lines]
    if not any(asked):
        return
    if title:
        st.html(f'<h3 class="xl-group">{title}</h3>')
    for line in filter(None, asked):
        places = st.columns(len(line)) if len(line) > 1 else [st.container()]
        for place, item in zip(places, line, strict=True):
            with place:
                if item.name in fixed:
                    st.text_input(item.label, value=fixed[item.name], disabled=True, key=f"fixed.{item.name}")
                    st.html('<p class="xl-field-hint">取自证件号，不需填写。</p>')
                else:
                    sheet.draw(item)


def _end(
    visit: Visit,
    section: str,
    form: Form,
    editing: Editing,
    values: Mapping[str, Any],
    faults: Mapping[str, str],
) -> None:
    hidden = {path.removeprefix(f"{section}."): text for path, text in faults.items()}
    form.faults.update({name: text for name, text in hidden.items() if name not in form.faults})
    if form.attempted and EDUCATION in faults:
        st.error(faults[EDUCATION], icon=":material/error:")
    form.summary()
    with st.container(horizontal=True):
        pressed = form.submitted("保存", disabled=editing.conflict)
        st.button("取消", on_click=profile_editing.cancel, args=(visit, section, form), key=f"{form.name}!cancel")
    st.html('<p class="xl-field-hint">填写的内容会自动保留，刷新或重新登录后还在；点“保存”后才正式生效。</p>')
    if pressed:
        profile_editing.save(visit, section, form, editing, values)


def _fields(section: str, names: Sequence[str]) -> Iterator[Field]:
    return (FIELDS[section][name] for name in names)


def _on_screen(sheet: Sheet, section: str) -> dict[str, Any]:
    found = {item.name: sheet.value(item) for item in FIELDS[section].values() if item.kind != "document"}
    return {name: value for name, value in found.items() if value is not None}


def _identified(view: ProfileView) -> dict[str, str]:
    known = of_number(view.person)
    return {name: in_words(FIELDS["basic"][name], value) for name, value in known.items()}


def _add_row(visit: Visit, view: ProfileView, editing: Editing) -> None:
    listed = list(editing.typed.get("rows") or [])
    # An id is never given twice in an edit, or a new row would inherit the scans of a removed one.
    used = [int(str(row["id"])[1:]) for row in [*listed, *rows(view.content)]]
    used.append(int(editing.typed.get("last_row", 0)))
    new = max(used, default=0) + 1
    profile_editing.keep(visit, EDUCATION, editing, {"rows": [*listed, {"id": f"e{new}"}], "last_row": new})


def _drop_row(visit: Visit, editing: Editing, row_id: str) -> None:
    listed = [row for row in editing.typed.get("rows") or [] if row["id"] != row_id]
    last = max(int(editing.typed.get("last_row", 0)), int(row_id[1:]))
    profile_editing.keep(visit, EDUCATION, editing, {"rows": listed, "last_row": last})
