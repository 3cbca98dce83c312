"""What to believe of a fit: criteria, standard errors, findings, agreement with labels. Imports search and below."""
