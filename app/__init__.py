"""refeed keeps merchants' catalogs and the marketplace Back Market in step.

The rooms, from the wiring down; imports point downwards only, a linter holds it:

    cli > embedded | demo > main > hooks > publications | orders | sources > catalogs
        > stores > accounts > backmarket > access > jobs | storage > database
        > errors > settings

`sandbox` stands beside them all: a stand-in Back Market that imports no other room.
"""
