"""List the encoders that ship, or load one and say whether it answers as when it was saved."""

from sslslr.commands import Parser
from sslslr.learning.weights import load, shipped


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("folder", nargs="?", default="", help="a folder made by sslslr.learning.weights.save, or a shipped encoder's name")
    options = parser.parse_args(arguments)
    for name in [options.folder] if options.folder else shipped():
        encoder = load(name)
        size = sum(p.stat().st_size for p in encoder.folder.iterdir() if p.is_file()) / 1e6
        print(f"{encoder.name:36} {size:5.2f} MB  answers as when it was saved.  {encoder.about['card']['what'].splitlines()[0]}")
    return 0
