"""The one entry: `streamlit run Home.py` or `uvicorn Home:app`."""

import streamlit as st

from core.web import lifespan, middleware, on_error, routes

app = st.App("core/ui/portal.py", routes=routes, middleware=middleware, lifespan=lifespan, on_script_error=on_error)
