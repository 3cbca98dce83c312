"""How a mixture is found, and what to believe of it. Imports model, data and what is below them."""
