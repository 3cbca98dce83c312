"""Spreadsheets in, and what guards against damaged ones. Imports tables."""
