"""Imported last by the process from which others are forked."""

from tests.support import processes
from tests.support.warm_parsers import warm_up

__all__ = ["processes"]

warm_up()
