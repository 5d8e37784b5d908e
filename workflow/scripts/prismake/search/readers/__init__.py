"""A reader for each format, and what readers share: headers, names, LaTeX, workbooks, what spreadsheets damage."""
