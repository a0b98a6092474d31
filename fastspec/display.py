"""Pictures: spectrograms with the right axes, waveforms, and one page that shows a recording.

`specshow` draws any feature; what its axes may be is the table `AXES`. `show_page` draws several
views of one recording under each other; what they may be is the table `PANELS`. A new feature adds
a row to one or both.

The ``plot`` extra (matplotlib) is imported when something is first drawn.
"""

from .display_axes import AXES, AxisKind, AxisOptions
from .display_page import PANELS, Page, Panel, show_page
from .display_picture import colorbar, specshow, waveshow

__all__ = [
    "specshow",
    "waveshow",
    "colorbar",
    "show_page",
    "AXES",
    "PANELS",
    "AxisKind",
    "AxisOptions",
    "Page",
    "Panel",
]
