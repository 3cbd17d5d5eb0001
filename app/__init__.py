"""refeed keeps merchants' catalogs and the marketplace Back Market in sync.

The packages from top to bottom. Imports point downwards only (import-linter checks it):

    cli                      the `refeed` command
    command_line             commands against a running service, over HTTP
    demo                     `make demo`: the whole service with a sample merchant
    launch serve main        process launcher, API process, application wiring
    backup                   archives of database and uploads, and restoring one
    starting                 checks settings and folders before a process serves
    tables retention         all tables for migrations; deletion of old data
    monitoring               `/metrics`: figures of PostgreSQL, counts of all processes
    webhook_endpoints alerts sends events to endpoints of merchants, digests to people
    explain hooks drift      lists and explains offers; signed webhooks; drift checks
    summaries                stores at a glance, those with problems first
    departures               deactivates and deletes stores, with their listings
    publications sources orders
                             plan, send and record changes; catalog pulls; orders
    catalogs                 uploads, imports, reports; `engine/` is Polars and COPY
    stores                   settings, mapping, categories, lights, activation
    offers                   desired state and live state: one row per store and SKU
    accounts                 seller accounts: token, budget, connection
    events                   outbox: what happened, recorded with the change
    idempotency              same answer to a repeated POST, without a second effect
    access backmarket        API keys and scopes, audit log; HTTP client of Back Market
    health migrations        health checks; schema upgrades
    database                 transactions; the one place that commits
    console                  web pages for people: a client of the API
    jobs web                 durable jobs and leases; what all routes share
    parser_process           reads merchants' files in child processes with limits
    http_server              limits of connections, headers and bodies under uvicorn
    core metrics tracing settings
                             errors, columns, logs, secrets, files; counts; spans
    setting_groups private_files
                             fields of the settings by subject; modes of files
    embedded sandbox         own PostgreSQL and Valkey; simulated Back Market

`sandbox` imports no other package and no other package imports it.
"""
