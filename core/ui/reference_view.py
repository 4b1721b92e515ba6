"""基础数据 on the screen: files in and out, a base's contacts, what 帮助 says."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.domain.errors import InvalidInput
from core.domain.reference_rows import COLUMNS, FLAGS, REFERENCE_LABELS, ReferenceKind, check_field
from core.queries.reference import BaseView
from core.queries.texts import LookupSite, help_texts
from core.services import reference_import as service
from core.services import texts
from core.services.reference_import import BaseContacts, ReferencePreview
from core.ui.forms import Form
from core.ui.imports import XLSX, as_download, chosen_file, digest_shown, forget_file, show_changes, show_faults
from core.ui.page import Visit, done, shown_errors

CONTACT_LABELS = {
    "address": "地址",
    "contact_name": "联系人",
    "contact_phone": "联系电话",
    "policy_contact": "政策咨询",
}


def files_tab(visit: Visit) -> None:
    """One table in or out."""
    names = {kind.value: label for kind, label in REFERENCE_LABELS.items()}
    kind = ReferenceKind(st.selectbox("数据", list(names), key="reference.kind", format_func=lambda k: names[k]))
    columns = COLUMNS[kind]
    required = "、".join(column.header for column in columns if column.required)
    others = "、".join(column.header for column in columns if not column.required)
    st.write(f"必填列：{required}；可选列：{others}。按代码对应：已有的更新，没有的新增，文件里没有的保持不变。")
    label = REFERENCE_LABELS[kind]
    as_download(
        f"下载现有{label}（Excel）",
        lambda: service.export(visit.context, visit.actor, kind=kind),
        f"{label}.xlsx",
        XLSX,
        f"reference.out.{kind.value}",
    )
    name = f"reference.{kind.value}"
    data = chosen_file(name)
    if data is not None:
        with shown_errors():
            _preview(visit, kind, data, name)


def _preview(visit: Visit, kind: ReferenceKind, data: bytes, name: str) -> None:
    preview = service.preview_import(visit.context, visit.actor, kind=kind, data=data)
    if preview.faults:
        show_faults(preview.faults)
        return

    seen = digest_shown(name, data, preview.digest)

    def apply() -> None:
        count = service.apply_import(visit.context, visit.actor, kind=kind, data=data, seen_digest=seen)
        forget_file(name)
        done(f"已导入{REFERENCE_LABELS[kind]} {count} 行。")

    show_changes(_rows(kind, preview), len(preview.rows), apply, name)


def _rows(kind: ReferenceKind, preview: ReferencePreview) -> Sequence[dict[str, Any]]:
    headers = {column.field: column.header for column in COLUMNS[kind]}
    return [
        {"行号": row.line, "变化": "更新" if row.key in preview.before else "新增"}
        | {headers[name]: _shown(name, text) for name, text in row.values.items()}
        for row in preview.changed
    ]


def contacts_tab(visit: Visit, bases: Sequence[BaseView]) -> None:
    """A base's address and contacts, as 帮助 and every return notice show them."""
    if not bases:
        st.info("还没有培训基地，请先导入。", icon=":material/info:")
        return
    known = {base.id: base for base in bases}
    base = known[st.selectbox("培训基地", list(known), key="reference.base", format_func=lambda id_: known[id_].name)]
    form = Form(f"contacts.{base.id}", {name: getattr(base, name) for name in CONTACT_LABELS})
    opened = BaseContacts(**{name: getattr(base, name) for name in CONTACT_LABELS})
    seen: BaseContacts = st.session_state.setdefault(f"{form.name}#seen", opened)
    for name, label in CONTACT_LABELS.items():
        form.text(name, label, check=lambda raw, name=name: check_field(ReferenceKind.BASES, name, raw))  # type: ignore[misc]
    form.summary()
    if form.submitted("保存"):
        with shown_errors():
            contacts = BaseContacts(**form.values)
            service.edit_contacts(visit.context, visit.actor, base_id=base.id, seen=seen, contacts=contacts)
            form.close()
            done(f"{base.name}的联系方式已保存。")


def texts_tab(visit: Visit) -> None:
    """Support group, hotline and lookup sites."""
    now = help_texts(visit.context)
    sites = "\n".join(f"{site.name} {site.url}" for site in now.lookup_sites)
    saved = {"support_text": now.support_text, "policy_hotline": now.policy_hotline, "lookup_sites": sites}
    form = Form("texts", saved)
    version = st.session_state.setdefault(f"{form.name}#version", now.version)
    form.text("support_text", "技术支持说明", area=True, hint="显示在「帮助」，请写明只解答系统使用问题。")
    form.text("policy_hotline", "政策咨询电话", hint="主管部门的电话；各基地的政策咨询在「基地联系方式」中填写。")
    form.text("lookup_sites", "查询网站", area=True, hint="每行一个：名称、空格、网址。")
    if form.submitted("保存"):
        with shown_errors():
            try:
                texts.change_texts(
                    visit.context,
                    visit.actor,
                    seen_version=version,
                    support_text=form.values["support_text"],
                    policy_hotline=form.values["policy_hotline"],
                    lookup_sites=_sites(form.values["lookup_sites"]),
                )
            except InvalidInput as refused:
                form.refuse(refused.fields)
                raise
            form.close()
            done("帮助内容已保存。")
    _qr_field(visit, now.qr, now.qr_version)


def _qr_field(visit: Visit, qr: str, version: int) -> None:
    st.divider()
    left, right = st.columns([1, 3])
    with left:
        st.html(qr_html(qr) if qr else '<p class="xl-caption">还没有群二维码图片。</p>')
    with right:
        turn = st.session_state.setdefault("texts.qr#turn", 0)
        file = st.file_uploader(
            "更换群二维码图片", type=["png", "jpg", "jpeg", "webp"], key=f"texts.qr.{turn}", max_upload_size=5
        )
        with shown_errors():
            if file is not None and st.button("使用这张图片", type="primary", key=f"texts.qr.use.{version}"):
                texts.change_qr(visit.context, visit.actor, seen_version=version, data=file.getvalue())
                forget_file("texts.qr")
                done("群二维码已更换。")
            if qr and st.button("移除图片", key=f"texts.qr.remove.{version}"):
                texts.change_qr(visit.context, visit.actor, seen_version=version, data=None)
                done("群二维码已移除。")


def qr_html(qr: str) -> str:
    """The picture of the support group, public by its nature."""
    return (
        f'<img src="data:image/jpeg;base64,{qr}" alt="技术支持群二维码" '
        'style="width:200px;max-width:100%;border-radius:8px;border:1px solid #DDD8CC">'
    )


def _sites(text: str) -> list[LookupSite]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [line.rpartition(" ") for line in lines]
    return [LookupSite(name.strip() or url, url) for name, _, url in pairs]


def _shown(name: str, text: str) -> str:
    return ("是" if text == "1" else "否") if name in FLAGS else text
