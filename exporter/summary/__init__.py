"""The summary report: received, answered, overdue, days, ratings, top problems; HTML and XLSX."""
