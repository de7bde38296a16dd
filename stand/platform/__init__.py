"""The platform of the stand: its REST interface for SEDs (`edms`), strict about everything it is told."""
