"""Results out, whole or absent: reports, JSON, CSV, workbooks, histories; and models in. Imports the rest of files."""
