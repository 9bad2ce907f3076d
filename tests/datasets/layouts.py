"""Tiny data sets in each published layout, with the oddities that the real ones have. Each returns its folder."""

import json
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(7)


def body(frames: int = 5, landmarks: int = 33, coordinates: int = 3, seed: int | None = None) -> np.ndarray:
    """A plausible pose in 0 to 1: MediaPipe's shoulders (11, 12) apart, everything else around them, moving a little."""
    rng = RNG if seed is None else np.random.default_rng(seed)
    pose = 0.5 + 0.1 * rng.normal(size=(1, landmarks, coordinates)) + 0.02 * rng.normal(size=(frames, landmarks, coordinates))
    pose[:, 11, :2], pose[:, 12, :2] = (0.65, 0.4), (0.35, 0.4)
    return pose


def hand(frames: int = 5, coordinates: int = 3) -> np.ndarray:
    return 0.5 + 0.1 * RNG.normal(size=(frames, 21, coordinates))


def write(path: Path, text: str, newline: str = "\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.replace("\n", newline).encode("utf-8"))


def array(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, values)


def isl_kinect(root: Path) -> Path:
    """2 words x 3 signers x 2 repetitions; a doubled underscore, Windows line ends; the top folder holds a licence, too."""
    for word in ("hello", "no"):
        for signer in ("s01", "s02", "s03"):
            for repetition in (1, 2):
                odd = (word, signer, repetition) == ("no", "s02", 1)
                joints = body(4 + repetition, 20)
                joints[:, 2, 0], joints[:, 3, 0] = -0.2, 0.2  # Kinect's shoulders
                rows = "\n".join(" ".join(f"{v:.6f}" for v in frame.ravel()) for frame in joints)
                write(
                    root / "RawDataset" / f"{word}_{'_' if odd else ''}{signer}_{repetition}.txt", rows, "\r\n" if repetition == 2 else "\n"
                )
    write(root / "LICENSE", "free")
    return root


def mp_data(root: Path, values: int = 258) -> Path:
    """2 words x 12 clips x 3 frames; clip 10 comes after clip 9, the left hand of hello/1 is never seen."""
    for word in ("hello", "été"):
        for clip in range(12):
            for frame in range(3):
                pose = np.concatenate([body(1)[0], np.ones((33, 1))], axis=1)
                left = np.zeros(63) if (word, clip) == ("hello", 1) else hand(1).ravel()
                face = np.zeros(values - 258)
                array(root / "MP_Data" / word / str(clip) / f"{frame}.npy", np.concatenate([pose.ravel(), face, left, hand(1).ravel()]))
    return root


LSFB = {  # id: (sign, signer, split)
    "CLSFBI0101A_S001_B_0": ("MAISON", "S001", "train"),
    "CLSFBI0101A_S001_B_1": ("NA", "S001", "train"),
    "CLSFBI0101A_S002_B_2": ("ÊTRE", "S002", "train"),
    "CLSFBI0101A_S002_B_3": ("ÊTRE.2", "S002", "train"),  # another form of the same class
    "CLSFBI0101A_S003_B_4": ("MAISON", "S003", "test"),
    "CLSFBI0101A_S003_B_5": ("NA", "S003", "test"),
    "CLSFBI0101A_S003_B_6": ("ÊTRE", "S003", "test"),
}


def lsfb(root: Path, poses: str | None = "poses", landmarks: int = 33, folds: bool = False) -> Path:
    """Columns in another order and Windows line ends; a gloss called NA, accents, a clip without its left-hand file."""
    rows = "".join(f"{signer},0,200,{sign},{clip}\n" for clip, (sign, signer, _) in LSFB.items())
    write(root / "instances.csv", "signer,start,end,sign,id\n" + rows, "\r\n")
    write(root / "metadata" / "sign_to_index.csv", "sign,class\nMAISON,0\nNA,1\nÊTRE,2\nÊTRE.2,2\n")
    splits = {s: [c for c, (*_, split) in LSFB.items() if split == s] for s in ("train", "test")}
    parts = {
        "fold_0": splits["test"][:1],
        "fold_1": splits["test"][1:],
        "fold_2": splits["train"][:2],
        "fold_3": splits["train"][2:],
        "fold_4": [],
    }
    for name, ids in (parts if folds else splits).items():
        write(root / "metadata" / "splits" / f"{name}.json", json.dumps(ids))
    for i, clip in enumerate(LSFB):
        if poses is None:
            write(root / "videos" / f"{clip}.mp4", f"video {clip}")
            continue
        array(root / poses / "pose" / f"{clip}.npy", body(4 + i, landmarks))
        array(root / poses / "right_hand" / f"{clip}.npy", hand(4 + i))
        if i != 1:
            array(root / poses / "left_hand" / f"{clip}.npy", hand(4 + i))
    return root


def lsa64(root: Path) -> Path:
    """2 classes x 10 signers x 5 repetitions, counted from 1; video only."""
    for sign in (1, 64):
        for signer in range(1, 11):
            for repetition in range(1, 6):
                write(root / "all" / f"{sign:03d}_{signer:03d}_{repetition:03d}.mp4", f"video {sign} {signer} {repetition}")
    return root


def gsl(root: Path) -> Path:
    """No header, a gloss with a bar-free bracket and Greek letters, Windows line ends in one list, folders of pictures."""
    lists = {
        "train": ["health1_signer1_rep1_glosses/glosses0000|ΓΕΙΑ", "health1_signer1_rep1_glosses/glosses0001|ΕΓΩ(1)", "kep2_signer4_rep3_glosses/glosses0000|ΓΕΙΑ"],
        "val": ["health1_signer5_rep1_glosses/glosses0000|ΓΕΙΑ"],
        "test": ["police1_signer3_rep2_glosses/glosses0007|ΕΓΩ(1)"],
    }  # fmt: skip
    for split, rows in lists.items():
        write(root / "GSL_isolated" / f"{split}_greek_iso.csv", "\n".join(rows) + "\n", "\r\n" if split == "val" else "\n")
        for row in rows:
            for frame in range(3):
                write(root / "Greek_isolated" / "GSL_isol" / row.split("|")[0] / f"frame_{frame:04d}.jpg", row + str(frame))
    return root


CITIZEN = [  # participant, video, gloss, split
    ("P1", "0123-HELLO.mp4", "HELLO", "train"),
    ("P1", "0124-NA.mp4", "NA", "train"),
    ("P2", "0125-CAFÉ 1.mp4", "CAFÉ1", "train"),
    ("P3", "0126-HELLO.mp4", "HELLO", "val"),
    ("P4", "0127-HELLO.mp4", "HELLO", "test"),
    ("P4", "0128-NA.mp4", "NA", "test"),
    ("P4", "0129-CAFÉ 1.mp4", "CAFÉ1", "test"),
]


def asl_citizen(root: Path, landmarks: bool = True) -> Path:
    """Columns in an order of their own in each split; landmarks (T, 543, 2) whose right hand stands before the left."""
    orders = {"train": (0, 1, 2, 3), "val": (2, 3, 0, 1), "test": (3, 2, 1, 0)}
    header = ("Participant ID", "Video file", "Gloss", "ASL-LEX Code")
    for split, order in orders.items():
        rows = [header] + [(p, v, g, f"A_{i}") for i, (p, v, g, s) in enumerate(CITIZEN) if s == split]
        write(
            root / "splits" / f"{split}.csv",
            "".join(",".join(row[i] for i in order) + "\n" for row in rows),
            "\r\n" if split == "test" else "\n",
        )
    for i, (_, video, _, _) in enumerate(CITIZEN):
        if landmarks:
            values = np.concatenate(
                [body(6 + i), np.full((6 + i, 21, 3), 0.7), np.full((6 + i, 21, 3), 0.2), np.ones((6 + i, 468, 3))], axis=1
            )
            values[0, 33:54] = 0  # the right hand is not seen in the first frame
            array(root / "poses" / f"{Path(video).stem}.npy", values[..., :2])
        else:
            write(root / "videos" / video, f"video {video}")
    return root


def wlasl(root: Path, raw: bool = False) -> Path:
    """Two glosses and five clips, of which one video is a dead link; frame_end -1 means to the end."""
    clips = {"00335": ("book", "train", 1, -1), "00336": ("book", "val", 10, 55), "00338": ("drink", "train", 1, -1), "00339": ("drink", "test", 1, -1), "70266": ("book", "test", 1, -1)}  # fmt: skip
    entries = [
        {"gloss": gloss, "instances": [
            {"video_id": v, "signer_id": i, "frame_start": a, "frame_end": b, "split": s, "fps": 25} for i, (v, (g, s, a, b)) in enumerate(clips.items()) if g == gloss
        ]} for gloss in ("book", "drink")
    ]  # fmt: skip
    write(root / "WLASL_v0.3.json", json.dumps(entries))
    write(root / "nslt_100.json", json.dumps({v: {"subset": s, "action": [int(g == "drink"), a, b]} for v, (g, s, a, b) in clips.items()}))
    for video in clips:
        if video != "70266":
            write(root / ("raw_videos" if raw else "videos") / f"{video}.mp4", f"video {video}")
    return root


def own(root: Path, manifest: bool = False) -> Path:
    """gloss/clip.mp4, or flat videos and a manifest."""
    names = ("thé/a.mp4", "thé/b.mp4", "NA/a.mp4")
    if manifest:
        write(root / "manifest.csv", "path,gloss,signer,split\none.mp4,thé,ana,train\ntwo.mp4,NA,ana,test\n", "\r\n")
        names = ("one.mp4", "two.mp4")
    for name in names:
        write(root / name, f"video {name}")
    return root


def extraction(root: Path, rows: list[dict], backend: str = "holistic") -> Path:
    """What ``sslslr extract`` leaves: clips/*.npz and instances.csv; ``rows`` need id, gloss, signer and split."""
    import pandas as pd

    from sslslr.extract.clips import Clip, clip_path

    for i, row in enumerate(rows):
        frames = row.pop("frames", 6)
        pose = body(frames).astype(np.float16)
        left = np.full((frames, 21, 3), np.nan, np.float16)
        clip = Clip(
            pose,
            left,
            hand(frames).astype(np.float16),
            np.ones((frames, 33), np.float16),
            np.arange(frames) * 40.0,
            (1280, 720),
            25.0,
            backend,
            "0.1",
            1,
        )
        clip.save(clip_path(root, row["id"]))
        row |= {"fps": "25", "backend": backend if i else row.get("backend", backend), "version": "0.1", "complexity": "1"}
    write(root / "instances.csv", pd.DataFrame(rows).to_csv(index=False))
    return root
