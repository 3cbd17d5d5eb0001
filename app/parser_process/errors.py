"""How a parser process ends without a result."""


class ParserLimitError(Exception):
    """The work needed more than a limit allows; the message names the limit."""


class ParserCrashedError(Exception):
    """The process ended without a result; the message has the signal or status."""
