"""A local simulator of Back Market's seller API, with faults on demand.

It imports no other package of this project, so that it cannot share an error with
the client. The import contract in pyproject.toml lists its layers.
"""
