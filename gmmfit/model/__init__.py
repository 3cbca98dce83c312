"""What a mixture is: its numbers, its density, draws from it, JSON. Imports arrays, errors, text and version only."""
