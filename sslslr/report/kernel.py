"""The notebooks' kernel: this very Python, whatever kernels the user has."""

import os
import sys

from sslslr import paths


def own() -> None:
    """Let the kernel ``python3`` be the Python that runs this: a kernelspec below our cache that comes before all others.

    The user's JUPYTER_PATH may hold another ``python3``, and Jupyter asks there first. What IPython keeps goes below our cache, too: the
    user's own settings and start-up files may print, fail or draw in another style, and a home may be read-only.
    """
    folder = paths.cache().absolute() / "jupyter"
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    paths.write_json(
        folder / "kernels" / "python3" / "kernel.json", {"argv": argv, "display_name": "Python 3 (sslslr)", "language": "python"}
    )
    others = [p for p in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if p and p != str(folder)]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), *others])
    os.environ["IPYTHONDIR"] = str(paths.cache().absolute() / "ipython")
    os.environ.pop("PYTHONSTARTUP", None)
    if os.path.expanduser("~") == "~":  # in a container whose user is a number alone; Jupyter doesn't start without a home
        os.environ["HOME"] = str(paths.cache().absolute() / "home")
