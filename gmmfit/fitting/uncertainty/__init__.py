"""How sure a fit is: standard errors, intervals, replicates, tests by drawn tables. Imports evidence, and below."""
