"""What each claim is about in a few words, for the front page and the forest of verdicts."""

ABOUT = {
    "C1": "Boundary views against classical ones", "C2": "SL-FPN against the four others, boundary views", "C3": "SL-FPN in transfer",
    "C4": "SL-FPN with 30 % of the labels, frozen", "C4b": "Fine-tuning from SL-FPN with 30 % of the labels",
    "C5": "Time of a step: SimSiam, SL-FPN, BYOL", "C6": "SL-FPN's inertia", "C6b": "SL-FPN's relative inertia",
    "C7": "Accuracy along alpha and beta", "C8": "One alpha and beta for all signs", "C9": "What keeps SL-FPN from collapse",
    "C9b": "The same parts without BatchNorm", "C10": "Without the original, or with it permuted", "F2": "Where the stroke lies",
    "F3": "SL-FPN against the others without negatives", "F4": "All frames permuted", "F5": "The classes' own optima",
    "F6": "What the others lose by the global optimum", "F7": "Neighbours in SL-FPN's embedding", "F8": "LayerNorm alone",
    "C1b": "How much boundary views gain", "C4c": "SL-FPN with 30 % of the labels, fine-tuned", "C11": "Weights on the loss's terms",
    "E1": "Permuting the ends, beside strong views", "E2": "Permuting the ends alone",
    "S1": "Sign priors against pixels as targets", "S2": "What the adversary removes of style", "S3": "Activity weighting against each prior",
    "S4": "Weighting frames by hand activity", "S5": "Averaging over the estimated stroke",
}  # fmt: skip


def about_of(claim: str, otherwise: str = "") -> str:
    """A claim's few words by its id; of one that has none here, ``otherwise`` (its own sentence)."""
    return ABOUT.get(claim, otherwise or claim)
