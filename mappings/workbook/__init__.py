"""The workbook that administrators fill: written, read, and given back with a sheet of errors."""
