"""What is fitted to: rows with weights, and sums over them; stored/ those not in memory. Imports arrays and errors only."""
