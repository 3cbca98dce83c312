"""What to believe of a fit: criteria, findings, agreement with labels. Imports search and below."""
