"""Write a frozen encoder as ONNX, for a phone, a browser or another language."""

from sslslr.commands import Parser, place
from sslslr.learning import weights
from sslslr.learning.export import OPSET, export


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    shipped = ", ".join(weights.shipped())
    parser.add_argument("encoder", help=f"a folder made by sslslr.learning.weights.save, or one that ships: {shipped}")
    parser.add_argument("out", type=place, help="the .onnx file to write")
    options = parser.parse_args(arguments)
    worst = export(weights.load(options.encoder).module, options.out)
    size = options.out.stat().st_size / 1e6
    print(f"{options.out}: {size:.2f} MB, opset {OPSET}; differs from torch by at most {worst:.1g} of the features' size")
    return 0
