"""PAGES: what a browser shows: reports, EM at work, a fit in a notebook. They import pictures and files."""
