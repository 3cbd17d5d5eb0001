"""The worker process: takes due jobs and runs the service that each one names."""
