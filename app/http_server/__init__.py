"""Guards connections, headers and bodies before a request reaches the application."""
