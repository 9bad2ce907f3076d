"""An extraction's clips as .pose files, which the field's viewers open."""

from sslslr.commands import Parser, place
from sslslr.extract.pose_files import export_folder


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("out", type=place, metavar="OUT", help="the folder that sslslr extract made")
    parser.add_argument("poses", type=place, metavar="POSES", help="where the .pose files go; those already there stay")
    asked = parser.parse_args(arguments)
    print(f"{export_folder(asked.out, asked.poses)} clips written to {asked.poses}")
    return 0
