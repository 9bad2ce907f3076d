"""``python tools/encoders.py``: make the small encoders under data/encoders from the run store (trained now where it has none).

SL-FPN as the paper states it, SimCLR with strong views, SL-FPN+ and the supervised control, repeat 0 of profile decide, on
lsa-like and gsl-like: synthetic corpora, which this project makes itself, so nobody's recordings are passed on.
"""

from sslslr import profiles
from sslslr.learning import weights
from sslslr.learning.store import about, fetch, key
from sslslr.learning.training import Run, as_json
from sslslr.profiles import DECIDES
from sslslr.studies import comparison, evaluation, recipe
from sslslr.studies.corpora import load, split

PROFILE, CORPORA = DECIDES, ("gsl-like", "lsa-like")
CARD = {
    "data": "{corpus}, one of this project's synthetic corpora ({classes} made-up glosses, {signers} made-up signers, {clips} clips, "
    "seed 0; `sslslr.datasets.synthetic`), the training signers of repeat 0. No recording of a person.",
    "licence": "None needed: the data are made by this project's code (MIT), and so are these weights.",
    "intended": "To run the notebooks without training, to try the export, to learn what a frozen encoder is. Nothing that concerns a person.",
    "limits": "It has never seen a real sign and knows no gloss of any language: its glosses are made-up words. Nearest glosses of a real clip are the "
    "nearest made-up ones. It is small and was trained briefly. On the test signers of its own corpus a linear probe on its features "
    "reaches {found:.1f} % top-1, on a random encoder's {random:.1f} % (1 run each, {test} clips, chance {chance:.1f} %).",
    "missing": "Everybody: no deaf signer, no signer at all, no skin, no age, no camera. Made-up signers differ in size, speed, handedness and "
    "style as this project's authors imagined it; whoever moves otherwise, one-handed, seated, partly outside the picture, is not there.",
}


def runs(profile) -> dict[str, tuple[str, Run]]:
    """Name -> (what it is, its run)."""
    return {
        "slfpn": ("SL-FPN with boundary views, as the paper states it.", comparison.run_of("slfpn", "boundary", profile, 0)),
        "simclr": (
            "SimCLR with strong views (cut, paced, turned, scaled, landmarks displaced).",
            comparison.run_of("simclr", "strong", profile, 0),
        ),
        "slfpn_plus": ("SL-FPN+ (notebook 15): SL-FPN with terms that keep its dimensions alive.", recipe.RECIPE.run(profile, 0)),
        "supervised": ("The supervised control: trained with the labels.", comparison.control_of(comparison.SUPERVISED, profile, 0)),
    }


def main() -> None:
    """Make them all; a few minutes where the run store is empty."""
    profile = profiles.load(PROFILE)
    corpora = {c: s for c, s in load(profile, "synthetic").items() if c in CORPORA}
    for corpus in CORPORA:
        signs, protocol = split(corpora[corpus], profile, 0)
        random = evaluation.evaluate(comparison.control_of(comparison.RANDOM, profile, 0), signs)
        for name, (what, run) in runs(profile).items():
            trained, score = fetch(run, signs), evaluation.evaluate(run, signs)
            size = profile.corpora[corpus]
            values = size | {
                "corpus": corpus,
                "found": 100 * score["linear_standardised_top1"],
                "random": 100 * random["linear_standardised_top1"],
            }
            values |= {"test": score["test_clips"], "chance": 100 / score["classes"]}
            card = {"what": what} | {k: text.format(**values) for k, text in CARD.items()}
            settings = {
                "corpus": corpus,
                "sizes": size,
                "frames": profile.frames,
                "input": profile.input,
                "profile": PROFILE,
                "repeat": 0,
                "folds": profile.folds,
                "protocol": protocol,
            }
            settings |= {k: v for k, v in as_json(run).items() if k != "encoder"}
            settings |= {"run": key(trained.run, signs), "made": about(trained.run, signs)}
            folder = weights.save(weights.SHIPPED / f"{corpus}-{name}", trained.encoder, weights.few(signs.part("train")), card, settings)
            print(weights.load(folder).name, f"{values['found']:.1f} % (random encoder {values['random']:.1f} %)")


if __name__ == "__main__":
    main()
