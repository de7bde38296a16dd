"""Build steps that pyproject.toml cannot express: message catalogues and the optional compiled part."""

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py


class BuildWithCatalogues(build_py):
    """Compile every gettext catalogue before the packages are copied."""

    def run(self) -> None:
        """Write a .mo beside each .po, then build as usual."""
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for source in Path("config/locale").glob("*/LC_MESSAGES/*.po"):
            with source.open("rb") as text, source.with_suffix(".mo").open("wb") as binary:
                write_mo(binary, read_po(text))
        super().run()


TRANSFORM = Extension(
    "smev._transform",
    sources=["smev/_transform.c"],
    depends=["smev/_transform_scan.h", "smev/_transform_tags.h"],
    optional=True,  # without a compiler the package still installs: smev/_transform_py.py does the same
)

DIGEST = Extension(
    "smev.gost._digest",
    sources=["smev/gost/_digest.c"],
    optional=True,  # without a compiler streebog.py and gost94.py do the same, a hundred times slower
)

PLAIN = Extension(
    "exporter._plain",
    sources=["exporter/_plain.c"],
    optional=True,  # without a compiler exporter/lines.py does the same in Python
)

setup(cmdclass={"build_py": BuildWithCatalogues}, ext_modules=[TRANSFORM, DIGEST, PLAIN])
