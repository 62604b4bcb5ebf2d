"""Dated forecasts, ours and others', what came of them, and the score."""
