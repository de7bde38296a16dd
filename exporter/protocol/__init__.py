"""The protocol of what was not uploaded: collected, shown, as a workbook, and one mail about it."""
