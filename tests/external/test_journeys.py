"""The journeys of the embedded servers, all of them, on servers given by URL."""

import pytest

from tests.publications.test_journey import *  # noqa: F403 - the same tests again
from tests.publications.test_line_budget import *  # noqa: F403
from tests.publications.test_shared_stock import *  # noqa: F403
from tests.test_migrations import *  # noqa: F403

pytestmark = pytest.mark.external
