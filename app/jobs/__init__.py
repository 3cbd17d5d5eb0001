"""Work that must happen: job rows in PostgreSQL; the queue only wakes workers up."""
