"""Seller accounts over HTTP: which key may read and change them, token rotation."""
