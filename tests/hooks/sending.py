"""Signs and sends webhooks as a sender with the library does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from app.core.columns import utc_now


def signed(
    secret: str, body: bytes, webhook_id: str, at: datetime | None = None
) -> dict[str, str]:
    moment = at or utc_now().astimezone(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
    }


async def new_secret(api: httpx.AsyncClient, store_id: str) -> str:
    answer = await api.post(f"/v1/stores/{store_id}/hook-secret")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


@dataclass(slots=True)
class Sender:
    """Another service that knows a store's secret, and nothing else of refeed."""

    api: httpx.AsyncClient
    store_id: str
    secret: str

    async def send(
        self,
        body: bytes = b"",
        webhook_id: str | None = None,
        *,
        secret: str | None = None,
        at: datetime | None = None,
        **headers: str,
    ) -> httpx.Response:
        given = signed(
            secret or self.secret, body, webhook_id or f"msg_{uuid4()}", at
        ) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.post(body, given)

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        request = self.api.build_request(
            "POST", f"/v1/hooks/stores/{self.store_id}/publish", content=body
        )
        request.headers.pop("authorization", None)
        request.headers.update(headers)
        return await self.api.send(request)

    async def runs(self) -> list[dict[str, Any]]:
        answer = await self.api.get(
            "/v1/publications", params={"store_id": self.store_id}
        )
        return list(answer.json()["items"])
