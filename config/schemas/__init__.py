"""XML schemas that two sides of a wire share: what sedlink writes and what the stand checks."""
