"""What job handlers use, opened once when the worker starts."""

from dataclasses import dataclass

from app.backmarket.client import BackMarket
from app.core.file_storage import Storage
from app.core.vault import Vault
from app.database import Database
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The worker's open connections and its settings."""

    settings: Settings
    database: Database
    back_market: BackMarket
    storage: Storage
    vault: Vault
