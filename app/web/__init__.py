"""What every HTTP route shares: errors, middleware, pages, ETags, CSV, SSE."""
