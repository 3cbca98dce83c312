"""The kinds of pictures, a file each, drawn with matplotlib. Imports style, subject and histogram."""
