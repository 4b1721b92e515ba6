"""编辑, 保存 and 取消 of one section: what this window knows, what is kept on the server while somebody types (M13).

The window remembers the version that it began from. Every field left is kept as a draft; F5, a lost network and a new
login find it again. When another window saved or typed meanwhile, this one hears of it and overwrites nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import streamlit as st

from core.domain.errors import DomainError, InvalidInput, StaleVersion
from core.services import profiles
from core.services.profiles import ProfileView
from core.ui.forms import Form
from core.ui.messages import sentence
from core.ui.page import Visit, done
from core.ui.wording import moment

SECTION_KEY = "profile.section"


@dataclass
class Editing:
    """One section being edited in this window. `typed` holds fields that are not on the screen just now, too."""

    seen: int
    draft: int = 0
    typed: dict[str, Any] = field(default_factory=dict)
    restored_at: datetime | None = None
    conflict: bool = False


def begin(section: str, view: ProfileView, typed: Mapping[str, Any]) -> None:
    """编辑: this window starts from the version that it shows."""
    st.session_state[_key(section)] = Editing(seen=view.version, typed=dict(typed))


def current(visit: Visit, view: ProfileView, section: str) -> Editing | None:
    """The running edit of this window, or the draft that waits on the server, or None."""
    editing = st.session_state.get(_key(section))
    if isinstance(editing, Editing):
        return editing
    if view.editable.kind == "none":
        return None
    draft = profiles.read_draft(visit.context, visit.actor, form=_form(section))
    if draft is None:
        return None
    editing = Editing(draft.base_version, draft.version, dict(draft.content), conflict=draft.stale)
    editing.restored_at = draft.updated_at
    st.session_state[_key(section)] = editing
    return editing


def say_restored(editing: Editing) -> None:
    """Tell once where the words in the fields come from."""
    if editing.restored_at is not None and not editing.conflict:
        st.info(
            f"已为您恢复 {moment(editing.restored_at)} 填写但还没有保存的内容，请核对后点“保存”，不要这些内容请点“取消”。",
            icon=":material/history:",
        )


def keep(visit: Visit, section: str, editing: Editing, typed: dict[str, Any]) -> bool:
    """Keep a changed draft. True when a conflict came to light just now; it stays until the person decides."""
    if _filled(typed) != _filled(editing.typed) and not editing.conflict:
        editing.typed = typed
        try:
            editing.draft = profiles.save_draft(
                visit.context,
                visit.actor,
                form=_form(section),
                content=typed,
                base_version=editing.seen,
                seen_draft=editing.draft,
            )
        except StaleVersion:
            editing.conflict = True
            return True
        except DomainError as error:
            st.error(sentence(error), icon=":material/error:")
    return False


def say_conflict(visit: Visit, section: str, form: Form, editing: Editing) -> None:
    """A stale window: what happened, what is safe, and the way on."""
    if editing.conflict:
        st.error(
            "这部分内容在另一个窗口里被修改过。本窗口没有保存，也没有覆盖对方；您在这里填写的内容还在下面，可以先抄下来。",
            icon=":material/sync_problem:",
        )
        st.button("载入最新内容", on_click=reload, args=(visit, section, form), key=f"{form.name}!reload")


def reload(visit: Visit, section: str, form: Form) -> None:
    """载入最新内容: what is saved now, or what another window is typing; a draft of an older state goes (for callbacks)."""
    draft = profiles.read_draft(visit.context, visit.actor, form=_form(section))
    if draft is not None and draft.stale:
        profiles.discard_draft(visit.context, visit.actor, form=_form(section))
    leave(section, form)


def save(visit: Visit, section: str, form: Form, editing: Editing, values: Mapping[str, Any]) -> None:
    """保存: store the section and go back to reading, or put each sentence beside its field."""
    try:
        profiles.save_section(visit.context, visit.actor, section=section, values=values, seen_version=editing.seen)
    except InvalidInput as error:
        form.refuse({path.removeprefix(f"{section}."): text for path, text in error.fields.items()})
        st.rerun()
    except StaleVersion:
        editing.conflict = True
        st.rerun()
    except DomainError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    leave(section, form)
    follow(editing.seen, editing.seen + 1)
    done("已保存。")


def cancel(visit: Visit, section: str, form: Form) -> None:
    """取消: forget what was typed (for callbacks)."""
    profiles.discard_draft(visit.context, visit.actor, form=_form(section))
    leave(section, form)


def leave(section: str, form: Form) -> None:
    """Back to reading; nothing typed remains in this window."""
    st.session_state.pop(_key(section), None)
    form.close()


def follow(old: int, new: int) -> None:
    """After this window itself stored something: its other open sections go on from the new version."""
    for editing in [value for value in st.session_state.values() if isinstance(value, Editing)]:
        if editing.seen == old:
            editing.seen = new


def _filled(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Without empty fields: opening a form is not typing into it."""
    kept = {name: value for name, value in typed.items() if value not in (None, "")}
    if isinstance(kept.get("rows"), list):
        kept["rows"] = [_filled(row) for row in kept["rows"]]
    return kept


def _form(section: str) -> str:
    return f"profile.{section}"


def _key(section: str) -> str:
    return f"profile.{section}#edit"
