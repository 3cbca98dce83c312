"""What is fitted to: rows with weights, and sums over them; in stored/ what is not in memory. Imports arrays only."""
