"""Requests about cases of the after-sales service: reads pages of them."""

from datetime import UTC, datetime

from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import BackMarketNotFoundError, RequestRefusedError
from app.backmarket.wire.service_cases import ServiceCasePage, parse_service_cases


async def read_page(
    back_market: BackMarket, access: Access, page: int, modified_from: datetime
) -> ServiceCasePage:
    """Read one page, counted from 1, of 10 cases (section 8).

    `last_modification_date` has minutes and no zone. A refusal past the first page
    is an empty last page. Raises BackMarketError.
    """
    since = modified_from.astimezone(UTC).strftime("%Y-%m-%d-%H-%M")
    query: dict[str, str | int] = {"page": page, "last_modification_date": since}
    try:
        return await back_market.call(
            access,
            "GET",
            "/ws/sav",
            lambda answer: parse_service_cases(answer, page),
            params=query,
        )
    except (BackMarketNotFoundError, RequestRefusedError):
        if page == 1:
            raise
        return ServiceCasePage()
