"""Cuts the panel's fonts out of Inter: Latin letters and signs, figures of equal width.

Figures that change must not make the text beside them move, so the tabular forms take the place of
the proportional ones. Needs fonttools, and Inter from Debian's package fonts-inter:

    python3 make.py /usr/share/fonts/opentype/inter
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

WEIGHTS = ("Regular", "Medium", "SemiBold")
SIGNS = "\u00b7\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u2190\u2191\u2192\u2193\u2212\u221e\u00d7\u25be"


def make(source: Path, target: Path) -> None:
    """Writes the cut form of one weight."""
    font = TTFont(source)
    tabular = {}
    for record in font["GSUB"].table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for table in font["GSUB"].table.LookupList.Lookup[index].SubTable:
                    table = getattr(table, "ExtSubTable", table)
                    tabular.update(table.mapping)
    for table in font["cmap"].tables:
        for character, glyph in list(table.cmap.items()):
            if chr(character) in "0123456789+-\u2212" and glyph in tabular:
                table.cmap[character] = tabular[glyph]
    options = subset.Options(layout_features=[], hinting=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    cutter = subset.Subsetter(options)
    letters = list(range(0x20, 0x7F)) + list(range(0xA0, 0x180))
    cutter.populate(unicodes=letters + [ord(c) for c in SIGNS])
    cutter.subset(font)
    font.save(target)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for weight in WEIGHTS:
        make(folder / f"Inter-{weight}.otf", Path(__file__).parent / f"Inter-{weight}.otf")
