"""Webhook endpoints with their deliveries, and alert channels."""
