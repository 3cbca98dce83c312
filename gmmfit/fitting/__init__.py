"""How a mixture is found, and how well it fits. Imports model and data."""
