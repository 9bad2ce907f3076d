"""``python -m sslslr COMMAND``, the same as ``sslslr COMMAND``."""

import sys

from sslslr.commands import main

if __name__ == "__main__":
    sys.exit(main())
