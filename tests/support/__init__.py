"""What tests share: a shop that talks to the service as its users do."""
