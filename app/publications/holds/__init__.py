"""Changes held by the brake: stored, listed, approved, rejected."""
