"""One POST with a timeout, told apart by whether the other side can have acted upon it.

The standard library's client: two providers with one request each need no further dependency. It follows no redirect
and reads no proxy from the environment, so a signed request goes where the settings say and nowhere else.
"""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.gateways.messages import NotSent, Unclear

MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and the JSON object of an answer."""

    status: int
    body: dict[str, Any]


def host_of(endpoint: str) -> str:
    """What the header Host says of `https://host[:port]`."""
    return urlsplit(endpoint).netloc


def post(endpoint: str, path: str, headers: dict[str, str], body: bytes, *, timeout: float) -> Answer:
    """POST to `endpoint`. Raises NotSent while nothing was handed over, Unclear when something was and no answer came.

    `timeout` is in seconds, for the connection and again for each step of the answer.
    """
    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout)
    try:
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            raise NotSent("CONNECT") from error
        try:
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            raw = answer.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise Unclear("NO_ANSWER") from error
        return _read(answer.status, raw)
    finally:
        connection.close()


def _read(status: int, raw: bytes) -> Answer:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return Answer(status, body)
    # A proxy in between may have lost the answer of a request that was carried out; 429, 503 and 4xx say it was not.
    if status in (429, 503) or 300 <= status < 500:
        raise NotSent(f"HTTP_{status}")
    raise Unclear(f"HTTP_{status}")
