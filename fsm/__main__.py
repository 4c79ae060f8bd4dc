"""``python -m fsm`` is the command ``fsm``.

Python puts the working directory first on the path for it, where any ``json.py`` would be taken
for the library's; so it is taken out before anything is imported.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from fsm.cli import main

main()
