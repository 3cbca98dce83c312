"""What is fitted to: rows with weights, and sums over them. Imports arrays and errors only."""
