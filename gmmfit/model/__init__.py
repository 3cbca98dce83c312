"""What a mixture is: its numbers, its density, draws from it. Imports arrays, errors, text and version only."""
