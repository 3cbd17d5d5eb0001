"""What a mapping is: attributes, conditions, rule steps, resolution."""
