"""The control API `/_sandbox` for tests and the demo."""
