"""Pictures of a mixture and its data, by matplotlib or in characters. It may import fitting, model and data."""
