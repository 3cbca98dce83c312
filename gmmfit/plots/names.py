"""The kinds of pictures and of files for them by name, and the usual dots per inch: for who offers pictures."""

KINDS = ("density", "cdf", "qq", "ellipses", "criteria", "em", "history", "labels")
# Those that show groups of the rows, those that can be drawn in characters, and those that have no histogram.
GROUPED = ("labels", "ellipses")
IN_CHARACTERS = ("density", "labels", "history", "em")
WITHOUT_BINS = ("cdf", "qq", "ellipses")
PICTURE_FORMATS = ("txt", "png", "svg", "pdf", "gif", "html")
DPI, DPI_OF_GIFS = 150, 100
# So many states of EM side by side, moving, in a page and in characters, where nobody says which.
SIDE_BY_SIDE, MOVING, IN_A_PAGE, BELOW_EACH_OTHER = 6, 60, 300, 4
# Where a legend stands: auto is below a picture that has the room.
LEGENDS = ("auto", "inside", "below", "none")
# The kinds of one column whose horizontal axis is that column's.
OF_A_COLUMN = ("density", "cdf", "labels")
# More columns make the panels of their pairs too small to see.
MOST_COLUMNS = 8
