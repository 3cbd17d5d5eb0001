"""Settings of calls to Back Market: addresses, User-Agent, budgets, tasks."""

from datetime import timedelta

from pydantic import AnyHttpUrl, BaseModel, Field

from app.setting_groups.types import Span


class BackMarketSettings(BaseModel):
    """Where Back Market is, and how much is sent to it."""

    sandbox_url: AnyHttpUrl | None = Field(
        None, description="simulated Back Market for stores with environment `sandbox`"
    )
    eu_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://www.backmarket.fr"), description="production, platform EU"
    )
    na_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://www.backmarket.com"), description="production, platform NA"
    )
    ap_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://www.backmarket.co.jp"),
        description="production, platform AP",
    )
    eu_preprod_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://preprod.backmarket.fr"), description="preprod, platform EU"
    )
    na_preprod_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://preprod.backmarket.com"), description="preprod, platform NA"
    )
    ap_preprod_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://preprod.backmarket.co.jp"),
        description="preprod, platform AP",
    )
    company: str = Field(
        "refeed", pattern=r"^[\w.-]+$", description="company in the User-Agent"
    )
    contact: str | None = Field(
        None,
        pattern=r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$",
        description="e-mail address in the User-Agent; production stores need one",
    )
    lines_per_hour: int = Field(
        2000, gt=0, description="SKU lines an hour per seller account"
    )
    requests_per_10s: int = Field(
        20, gt=1, description="listing requests per 10 s per seller account"
    )
    single_update_max: int = Field(
        20, ge=0, description="up to so many updates go one by one, more as a batch"
    )
    task_deadline: Span = Field(
        timedelta(minutes=30), description="how long a Back Market task is polled"
    )
    task_poll: Span = Field(
        timedelta(seconds=2), description="first pause between polls; grows to 15 x"
    )
