"""Shows a newcomer the whole service at work, with a made-up merchant."""
