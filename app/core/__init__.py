"""Building blocks without a web framework: columns, errors, logs, secrets, files."""
