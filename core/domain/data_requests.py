"""What a person may ask about the own data (PIPL art. 44 to 47), and how such a request ends."""

from enum import StrEnum

from core.domain.text import clean_text

SHORTEST_REASON = 5
LONGEST_NOTE = 500


class RequestKind(StrEnum):
    """Correcting what the person can't change alone, or deleting everything."""

    CORRECTION = "correction"
    DELETION = "deletion"


class RequestState(StrEnum):
    """An open request waits for an administrator; a withdrawn one was taken back by its person."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


KIND_LABELS = {RequestKind.CORRECTION: "更正", RequestKind.DELETION: "删除"}
STATE_LABELS = {
    RequestState.OPEN: "待处理",
    RequestState.APPROVED: "已同意",
    RequestState.REJECTED: "未同意",
    RequestState.WITHDRAWN: "已撤回",
}


def note_fault(text: str, *, needed: bool) -> str | None:
    """What is wrong with the text of a request or an answer, None when nothing is."""
    length = len(clean_text(text))
    if needed and length < SHORTEST_REASON:
        return f"请至少写 {SHORTEST_REASON} 个字，让对方明白。"
    return f"最多写 {LONGEST_NOTE} 个字。" if length > LONGEST_NOTE else None
