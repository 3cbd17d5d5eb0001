"""Runs parsers of merchant input in child processes with limits (decision 30).

`fork_server` forks children that have the engine imported; `child` runs the work in
them; `pool` is what callers use: `run`, which raises ParserLimitError and
ParserCrashedError where a child ends without a result.
"""
