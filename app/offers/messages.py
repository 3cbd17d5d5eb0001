"""Messages of the codes of warnings about offers."""

MESSAGES = {
    "probable_rename": "A listing that no catalog names has the same grade and a "
    "similar title: its SKU probably changed. See `/unmatched-listings`.",
    "title_differs": "The title of the listing under this SKU is not similar to that "
    "of the catalog: it may be another product.",
}
