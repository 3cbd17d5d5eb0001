"""The fields of `app.settings.Settings`, by subject, and their types."""
