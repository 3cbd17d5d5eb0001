"""Settings of schedules: how often refeed does something by itself."""

from datetime import timedelta

from pydantic import BaseModel, Field

from app.setting_groups.types import Span


class ScheduleSettings(BaseModel):
    """Intervals of scheduled work, defaults of stores among them."""

    offers_interval: Span = Field(
        timedelta(hours=2), description="default rhythm of offer publications"
    )
    categories_interval: Span = Field(
        timedelta(days=1), description="how often a category tree is fetched again"
    )
    orders_interval: Span = Field(
        timedelta(minutes=10), description="rhythm in which orders are fetched"
    )
    service_cases_interval: Span = Field(
        timedelta(hours=1), description="rhythm in which service cases are fetched"
    )
    orders_overlap: Span = Field(
        timedelta(minutes=15), description="how far each fetch of orders looks back"
    )
    drift_check_interval: Span = Field(
        timedelta(days=1), description="rhythm in which all listings are read back"
    )
