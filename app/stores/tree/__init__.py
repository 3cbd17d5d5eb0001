"""Back Market's category tree, kept here, and what products of a category must say."""
