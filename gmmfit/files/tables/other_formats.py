"""Files that gmmfit doesn't read, known by what they begin with, and what to do with them."""

from gmmfit.errors import DataError

# Where in the beginning of a file which bytes stand, of which format.
FORMATS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"$FL2@(#)", "an SPSS file", "export it as CSV, or as Parquet (in R: haven::read_sav, write.csv)"),
    (0, b"$FL3@(#)", "an SPSS file", "export it as CSV, or as Parquet (in R: haven::read_sav, write.csv)"),
    (0, b"<stata_dta>", "a Stata file", "export it as CSV (in Stata: export delimited)"),
    (0, b"HEADER RECORD*******", "a SAS transport file", "export it as CSV (in SAS: proc export)"),
    (12, b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", "a SAS file", "export it as CSV (in SAS: proc export)"),
    (0, b"FCS2.", "a flow cytometry file (FCS)", "export its events as CSV"),
    (0, b"FCS3.", "a flow cytometry file (FCS)", "export its events as CSV"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", "export one of its tables as CSV or Parquet"),
    (0, b"MATLAB 5.0 MAT-file", "a MATLAB file", "export it as CSV (in MATLAB: writetable)"),
    (0, b"CDF\x01", "a NetCDF file", "export one of its variables as CSV"),
    (0, b"CDF\x02", "a NetCDF file", "export one of its variables as CSV"),
    (0, b"ARROW1\0\0", "an Arrow (Feather) file", "save it as Parquet or CSV"),
    (0, b"Obj\x01", "an Avro file", "save it as Parquet or CSV"),
    (0, b"\x93NUMPY", "a NumPy array (npy)", "save it as CSV (numpy.savetxt), or call gmmfit.fit with the array"),
    (0, b"X\n\0\0\0", "an R data file (RDS)", "save it as CSV (in R: write.csv)"),
    (0, b"RDX2\n", "an R data file (RData)", "save it as CSV (in R: write.csv)"),
    (0, b"RDX3\n", "an R data file (RData)", "save it as CSV (in R: write.csv)"),
    (0, b"SQLite format 3\0", "an SQLite database", "export one of its tables as CSV (sqlite3 -csv -header)"),
    (0, b"%PDF-", "a PDF document", "copy the table out of it, and save it as CSV"),
    (0, b"{\\rtf", "an RTF document", "copy the table out of it, and save it as CSV"),
    (0, b"\x89PNG", "a picture", "name the table that it shows"),
    (0, b"\xff\xd8\xff", "a picture", "name the table that it shows"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (0, b"Rar!", "a RAR archive", "unpack it"),
    (257, b"ustar", "a tar archive", "unpack it"),
    (
        0,
        b"MIME-Version:",
        "a web page as a MIME archive (MHT), whatever its name says",
        "open it in a spreadsheet program, and save it as .xlsx or CSV",
    ),
)
# What a text of tags holds, the first that is found.
_SPREADSHEET = "open it in a spreadsheet program, and save it as .xlsx or CSV"
TAGS: tuple[tuple[bytes, str], ...] = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "an XML spreadsheet of 2003 (SpreadsheetML)"),
    (b"Excel.Sheet", "an XML spreadsheet of 2003 (SpreadsheetML)"),
    (b"urn:oasis:names:tc:opendocument", "a flat XML OpenDocument file (.fods)"),
    (b"<html", "a web page (HTML), whatever its name says"),
    (b"<!doctype html", "a web page (HTML), whatever its name says"),
    (b"<table", "a web page (HTML), whatever its name says"),
    (b"<?xml", "an XML file"),
)


def refuse_other_formats(start: bytes, file: str) -> None:
    """Raise a DataError where a file begins as one of a format that isn't read."""
    for at, magic, what, advice in FORMATS:
        if start[at:].startswith(magic):
            raise DataError(f"{file} is {what}: {advice}")
    # Old Stata files begin with a version from 102 to 115, one of two orders of bytes, and a 1.
    if len(start) > 2 and 102 <= start[0] <= 115 and start[1] in (1, 2) and start[2] == 1:
        raise DataError(f"{file} is a Stata file: export it as CSV (in Stata: export delimited)")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<"):
        for tag, what in TAGS:
            if tag.lower() in text:
                raise DataError(f"{file} is {what}: {_SPREADSHEET}")
