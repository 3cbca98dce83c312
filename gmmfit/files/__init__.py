"""Tables in, results out. The only folder that knows pandas and openpyxl; imports fitting and what is below it."""
