"""The worker process: claims due jobs and runs their handlers."""
