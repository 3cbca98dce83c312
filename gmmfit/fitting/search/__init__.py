"""Where a fit starts: inits, starts of each kind, the search, what a sound peak is. Imports em and what is below it."""
