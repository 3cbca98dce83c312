"""Everything gmmfit refuses, as one small family of errors.

GmmfitError           what a caller may catch; on the command line it becomes one line
├── ArgumentError     an argument is wrong, or contradicts another one   (exit 2)
├── DataError         the table can't be read or can't be fitted          (exit 1)
├── ModelError        a mixture, or the file that holds it, is not one    (exit 1)
├── FitError          no mixture was found                                (exit 1)
└── OutputError       a result can't be written                           (exit 1)

A message says what is wrong, where, and what to do next. Anything else that is raised is a bug.
"""


class GmmfitError(Exception):
    """The parent of all errors that gmmfit raises on purpose."""


class ArgumentError(GmmfitError, ValueError):
    """An argument is wrong, or contradicts another one."""


class DataError(GmmfitError, ValueError):
    """The table can't be read, or no mixture can be fitted to it."""


class ModelError(GmmfitError, ValueError):
    """The numbers, or the file that holds them, are not a mixture."""


class FitError(GmmfitError):
    """No mixture was found."""


class OutputError(GmmfitError):
    """A result can't be written."""
