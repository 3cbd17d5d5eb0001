"""Options of the sandbox; the defaults are the figures Back Market publishes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Platform = Literal["EU", "NA", "AP"]
ErrorShape = Literal["list", "string", "object"]
OrderDate = Literal["date_creation", "date_modification"]


class SandboxOptions(BaseModel):
    """Every option can be read and patched under `/_sandbox/options`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accept_unknown_tokens: bool = True
    default_platform: Platform = "EU"

    # Back Market, rate limits: "about" these figures; None disables one.
    limits_on: bool = True
    sku_lines_per_hour: int | None = 2000
    requests_per_window: int | None = 200
    sensitive_requests_per_window: int | None = 20
    sensitive_routes: tuple[str, ...] = ("POST /ws/listings",)
    window_seconds: float = 10.0
    block_seconds: float = 10.0

    # Back Market, pagination and listings, batch.
    default_page_size: int = Field(default=10, ge=1)
    max_page_size: int = Field(default=50, ge=1)
    max_catalog_lines: int = 15_000

    # Real tasks take about five minutes; these defaults are shorter.
    task_starts_after: float = 0.5
    task_ends_after: float = 2.0
    error_shape: ErrorShape = "list"

    unknown_ean_prefixes: tuple[str, ...] = ("99",)
    unknown_eans: frozenset[str] = frozenset()
    accept_unknown_product_ids: bool = True
    # Seconds until a described product is validated; None: only by the control API.
    # Real staff usually takes twelve working hours (Back Market, products).
    validation_takes: float | None = Field(default=None, ge=0)
    check_shippers: bool = True
    extra_shippers: frozenset[str] = frozenset()

    # Public sources disagree on these rules: off by default.
    require_pub_state: bool = False
    min_price_rule: bool = False
    strict_headers: bool = False

    # Back Market, competitors: per account; None: no limit.
    competitor_requests_per_second: int | None = 2

    # Back Market, after-sales: per account; None: no limit.
    service_cases_per_minute: int | None = 520
    service_cases_per_day: int | None = 4_000

    # Back Market, orders: public sources disagree on most of these or omit them.
    hidden_order_states: tuple[int, ...] = (0, 8)
    unknown_order_state: Literal["empty", "refused"] = "empty"
    # A country_code outside Back Market's CountryCode, which lacks fi-fi.
    unknown_country_code: Literal["empty", "refused"] = "refused"
    orders_sorted_by: OrderDate = "date_creation"
    address_case: Literal["snake", "camel"] = "snake"
    line_price: Literal["total", "unit"] = "total"
    order_microseconds: bool = False
    cancel_restocks: bool = False
    # Whether Back Market refuses a shipment by an unknown carrier is not documented.
    check_order_shippers: bool = False
    require_return_reason: bool = False
    fee_percent: float = Field(default=10, ge=0, le=100)

    ledger_limit: int = Field(default=100_000, ge=0)
    request_log_limit: int = Field(default=1_000, ge=0)
    seed: int = 0
    snapshot_delay: float = 1.0
