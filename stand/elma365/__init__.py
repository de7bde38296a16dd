"""ELMA365 of the stand: the public API as public clients use it, and clerks who fill the fields of an app."""
