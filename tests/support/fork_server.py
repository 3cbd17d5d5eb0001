"""Imported only by the process from which others are forked: it ends with the tests.

Its children hold the pipe whose end would end it, so it cannot wait for that.
"""

from tests.support.processes import die_with_parent

die_with_parent()
