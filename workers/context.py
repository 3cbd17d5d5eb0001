"""What every job handler is handed: opened once when the worker starts."""

from dataclasses import dataclass

from app.backmarket.client import BackMarket
from app.database import Database
from app.settings import Settings
from app.storage import Storage
from app.vault import Vault


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The worker's open connections and its settings."""

    settings: Settings
    database: Database
    back_market: BackMarket
    storage: Storage
    vault: Vault
