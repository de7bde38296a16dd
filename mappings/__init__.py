"""Classifiers and the crosswalk between them: codes, spreadsheets, checks, suggestions."""
