"""Tables in, results out. The only folder that knows pandas, openpyxl, calamine and pyarrow; imports fitting."""
