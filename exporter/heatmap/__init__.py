"""The heat map: counted inside the engine, drawn as one self-contained page, SVG, PNG and CSV."""
