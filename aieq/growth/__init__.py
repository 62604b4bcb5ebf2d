"""Growth that slows: its shapes, which of them forecast best, its half-life, and what windows and prices do to it."""
