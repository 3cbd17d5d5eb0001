"""Reads the body of an upload as a stream: raw or multipart."""
