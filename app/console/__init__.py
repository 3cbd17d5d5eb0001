"""Web pages for people, at `/console`: a client of the HTTP API, and nothing else.

    router            mounts the pages; `PAGES` lists their routers
    sign_in           a session from an API key
    overview ...      one sub-package per page: `router.py`, and `view.py` for decisions
    core              what all pages share: session, forms, API client, errors
    display           numbers, charts, states, links, templates

`templates/` has a folder per page, and the building blocks in `parts/`; `static/` has
the style sheet and the script. Pages work without the script.
"""
