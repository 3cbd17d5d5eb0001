"""The catalog mapping: attributes, conditions, steps, validation."""
