"""Which browser the tests in tests/browser use, and what to do without one.

`python -m tests.support.browser` prints it, or what is missing, and exits with 1 then.
"""

import os
import shutil
import sys
from importlib.util import find_spec

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "REFEED_TEST_BROWSER"


def browser_path() -> str | None:
    """Chromium or Chrome of this machine, or the program that the variable names."""
    named = os.environ.get(VARIABLE)
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def missing() -> str | None:
    """Why no browser can be driven, None if one can."""
    if find_spec("playwright") is None:
        return "Playwright is not installed: run `make browser`."
    if browser_path() is None:
        return (
            "No Chromium was found: run `make browser` as root, install it, or name "
            f"one by {VARIABLE}."
        )
    return None


if __name__ == "__main__":
    problem = missing()
    sys.stdout.write(f"{problem or browser_path()}\n")
    sys.exit(1 if problem else 0)
