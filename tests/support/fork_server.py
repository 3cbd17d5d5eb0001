"""Imported first by the process from which others are forked: it ends with the tests.

Its children hold the pipe whose end would end it, so it cannot wait for that. The rest
of its imports takes a second or two; the tests may end before.
"""

import os

from tests.support.dying import die_with_parent

OWNER = "TESTS_PID"

if OWNER in os.environ:
    die_with_parent(int(os.environ[OWNER]))
