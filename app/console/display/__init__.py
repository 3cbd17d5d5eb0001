"""How pages look: numbers, charts, states, links, templates."""
