"""Row reports and rejected rows as CSV."""
