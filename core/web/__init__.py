"""Everything between the browser and Streamlit: the edge, session routes, private files, health, and the start."""

from starlette.middleware import Middleware
from starlette.routing import Route

from core.web.edge import Edge
from core.web.errors import on_error
from core.web.files import private_file
from core.web.first_password import first_page, first_script, open_first
from core.web.gate import Gate
from core.web.health import healthz
from core.web.index import ChineseIndex, chinese_script
from core.web.lifespan import lifespan
from core.web.my_data import my_data
from core.web.session_routes import close_session, open_session

middleware = [Middleware(Edge), Middleware(Gate), Middleware(ChineseIndex)]
routes = [
    Route("/session/open", open_session, methods=["POST"]),
    Route("/session/close", close_session, methods=["POST"]),
    Route("/session/first", first_page, methods=["GET"]),
    Route("/session/first", open_first, methods=["POST"]),
    Route("/session/first.js", first_script),
    Route("/files/{id}", private_file),
    Route("/files/{id}/{size:str}", private_file),
    Route("/my-data/{until:int}/{seal:str}", my_data),
    Route("/healthz", healthz),
    Route("/xinglin-zh.js", chinese_script),
]

__all__ = ["lifespan", "middleware", "on_error", "routes"]
