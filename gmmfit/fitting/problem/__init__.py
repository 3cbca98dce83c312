"""What is to be fitted: rows in standard units, inits, the smallest covariance allowed. Imports em and below."""
