"""Tables in, results out. The only folder that knows pandas, openpyxl and other formats; imports fitting and below."""
