"""A small HTTP client: JSON in and out, error responses as readable exceptions."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
TIMEOUT = 20.0


class DemoFailedError(Exception):
    """The demo cannot continue; the message says what failed."""


@dataclass(frozen=True, slots=True)
class Api:
    """One service at one address; `key` is its bearer key."""

    url: str
    key: str | None = field(default=None, repr=False)

    def get(self, path: str) -> Json:
        return self._call("GET", path)

    def post(self, path: str, body: object) -> Json:
        return self._call("POST", path, body)

    def put(self, path: str, body: object = None) -> Json:
        return self._call("PUT", path, body)

    def patch(self, path: str, body: object) -> Json:
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> Json:
        return self._call("DELETE", path)

    def upload(self, path: str, content: bytes, filename: str) -> Json:
        """Upload a CSV file unchanged."""
        return self._send(
            "POST",
            path,
            content,
            {
                "Content-Type": "text/csv",
                "Content-Disposition": f'attachment; filename="{filename}"',
            },
        )

    def _call(self, method: str, path: str, body: object = None) -> Json:
        if body is None:
            return self._send(method, path, None, {})
        content = json.dumps(body).encode()
        return self._send(method, path, content, {"Content-Type": "application/json"})

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Json:
        headers = {"Accept": "application/json", **headers}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(  # noqa: S310 - our own service
            f"{self.url}{path}", data=content, headers=dict(headers), method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")
            raise DemoFailedError(
                f"{method} {path} returned {error.code}: {detail[:2000]}"
            ) from error
        except OSError as error:
            raise DemoFailedError(f"{method} {path}: no answer ({error})") from error
        found: Json = json.loads(text) if text else {}
        return found
