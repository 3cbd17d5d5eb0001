"""Commands against a running service: they speak its HTTP API and nothing else.

Modules of commands import only `typer` and what is cheap: `refeed --help` loads them.
"""
