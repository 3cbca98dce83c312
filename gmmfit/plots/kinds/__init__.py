"""The kinds of pictures, drawn with matplotlib. Imports style, subject and histogram."""
