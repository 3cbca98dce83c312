"""Where a fit starts: starts of each kind, the search, what a sound peak is. Imports problem and what is below it."""
