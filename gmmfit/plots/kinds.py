"""The kinds of pictures and of files for them by name, for who offers them without drawing any."""

KINDS = ("density", "cdf", "qq", "ellipses", "criteria", "history", "labels")
PICTURE_FORMATS = ("txt", "png", "svg", "pdf")
DPI = 150
