"""Tables in texts: delimited ones, and JSON. Imports tables."""
