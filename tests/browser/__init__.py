"""Checks of the built pages in a real browser, and pictures of them."""
