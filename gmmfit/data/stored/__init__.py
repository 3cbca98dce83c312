"""Rows that are not in memory: in a file, or with the workers of a cluster. Imports data above it, but no cluster."""
