"""One pretraining over two processes is the pretraining of one process."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from sslslr.commands import main

WORKER = """
import sys
from dataclasses import replace
from pathlib import Path
from conftest import make_signs
from lightning_fabric import Fabric
from sslslr.methods.encoder import EncoderConfig
from sslslr.commands.pretrain import pretrain
from sslslr.learning.training import Run

out, devices = Path(sys.argv[1]), int(sys.argv[2])
signs = make_signs(46)  # 30 training clips or so: batches that two processes share unequally
run = Run("simclr", encoder=EncoderConfig(blocks=1, width=16, heads=2, dropout=0.0), epochs=2, batch=13)
fabric = Fabric(accelerator="cpu", devices=devices, strategy="ddp" if devices > 1 else "auto")
fabric.launch()
for method in ("simclr", "slfpn"):
    pretrain(fabric, replace(run, method=method), signs, out / method)
"""


def pretrain(out: Path, devices: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    out.mkdir()
    (out / "worker.py").write_text(WORKER)
    tests = str(Path(__file__).parents[1])
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([tests, str(Path(tests).parent)]),
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }
    subprocess.run(
        [sys.executable, str(out / "worker.py"), str(out), str(devices)], env=environment, check=True, timeout=240, capture_output=True
    )


def test_two_processes_have_the_losses_and_the_weights_of_one(tmp_path):
    """simclr: negatives of the other process count; slfpn: batch norms of head and predictor see the whole batch."""
    for devices in (1, 2):
        pretrain(tmp_path / str(devices), devices)
    for method in ("simclr", "slfpn"):
        losses = [[m["loss"] for m in json.loads((tmp_path / n / method / "metrics.json").read_text())] for n in "12"]
        assert losses[0] == pytest.approx(losses[1], rel=1e-4), method
        assert losses[0][0] != pytest.approx(losses[0][1], rel=1e-3), "it trained"
        one, two = (load_file(tmp_path / n / method / "weights.safetensors") for n in "12")
        apart = sum(float((one[k] - two[k]).square().sum()) for k in one) / sum(float(v.square().sum()) for v in one.values())
        assert apart**0.5 < 1e-2, method  # not less: Adam makes a step of noise where a gradient is zero


def test_what_cannot_be_shared_is_refused_in_one_line(tmp_path, capsys):
    assert main(["pretrain", str(tmp_path / "out"), "--profile", "smoke", "--corpus", "klingon"]) == 2
    assert "corpus 'klingon' is unknown; there are lsfb-like" in capsys.readouterr().err
