"""A bug on a page: a reference number in the log and on the screen, and no detail for anybody else."""

import secrets

import streamlit as st

from core.logs import logger, places


def on_error(error: BaseException) -> bool:
    """Log where it happened, never the exception's text, which may quote what somebody typed; say one sentence."""
    reference = secrets.token_hex(4).upper()
    causes = [type(each).__name__ for each in (error, error.__cause__, error.__context__) if each is not None]
    logger().error("page_failed", reference=reference, causes=causes, places=places(error.__traceback__)[-12:])
    st.error(
        f"系统没有完成这一步，已保存的内容都在。请刷新页面再试；仍不行时请把编号 {reference} 告诉技术支持。",
        icon=":material/error:",
    )
    return True
