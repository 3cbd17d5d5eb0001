"""What stops a backup or a restore."""


class BackupError(Exception):
    """A text for the operator: what is wrong, and what to do."""
