"""The version of gmmfit, typed once."""

__version__ = "0.1.0"
