"""Hosted and local makers of words and voices: protocols, their implementations, and the fallback between them."""
