"""Stores: settings, mapping, categories and activation for one country."""
