"""Back Market's routes under `/ws`, as the sandbox answers them."""
