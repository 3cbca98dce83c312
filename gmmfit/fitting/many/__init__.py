"""MANY FITS: of each group of a table, of each column, of each of several tables; in processes."""
