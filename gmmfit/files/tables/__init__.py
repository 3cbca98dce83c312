"""Tables in: sources, text, cells, columns. Imports nothing else of files."""
