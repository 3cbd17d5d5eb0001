"""Streams the body of an upload: raw or multipart."""
