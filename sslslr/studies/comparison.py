"""Five methods under the same conditions, with their controls (Tables 1 to 3)."""

from itertools import product

from sslslr.clips.signs import Signs
from sslslr.learning.training import Run
from sslslr.profiles import Profile
from sslslr.studies import evaluation
from sslslr.studies.corpora import base_run, cells, named, repeats
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.jobs import Job
from sslslr.views import ViewConfig

TITLES = {"simclr": "SimCLR", "moco": "MoCo v2", "simsiam": "SimSiam", "byol": "BYOL", "slfpn": "SL-FPN"}  # the paper's five
MORE = {"slfpn_plus": "SL-FPN+", "vicreg": "VICReg", "barlow": "Barlow Twins", "priors": "sign priors"}
NAMES = TITLES | MORE
METHODS = tuple(TITLES)
VIEW_SETS = ("boundary", "classical", "strong", "strong_boundary")
OWN_VIEWS: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("simclr", "slfpn", "slfpn_plus"), (*VIEW_SETS, "none")
)  # none, dropout alone: the control of the views
# Not in the paper: the first two are held against SL-FPN+, which borrows their terms; the last is SignRep's task on landmarks.
OWN_VIEWS |= dict.fromkeys(("vicreg", "barlow", "priors"), ("strong",))
PRIMARY = tuple(product(("simclr", "slfpn_plus"), ("strong_boundary", "strong", "boundary", "none")))  # what E1 and E2 compare
RANDOM, SUPERVISED = "random encoder", "supervised from scratch"
CONTROLS = (HANDMADE, RANDOM, SUPERVISED)


def run_of(method: str, views: str | ViewConfig, profile: Profile, repeat: int, **settings) -> Run:
    """The run of a method with a view set, with the rate and the options that the profile gives the method.

    All else is the same for every method; ``settings`` change it, ``options`` are added to the method's.
    """
    return with_settings(method, views, profile, repeat, profile.methods, **settings)


def with_settings(method: str, views: str | ViewConfig, profile: Profile, repeat: int, methods: dict[str, dict], **settings) -> Run:
    """As ``run_of``, with ``methods`` in place of the profile's: the rate and the options of each; a new method has the optimiser's rate."""
    views = ViewConfig(views) if isinstance(views, str) else views
    own = dict(methods.get(method, {}))
    rate = own.pop("rate", profile.optimiser["rate"])
    return base_run(profile, repeat, rate, method=method, views=views, **settings | {"options": own | settings.get("options", {})})


def control_of(control: str, profile: Profile, repeat: int, views: str = "strong") -> Run:
    """The run behind a control; the supervised one learns on ``views``. Hand-made features need none: they ride with the random encoder's."""
    if control == SUPERVISED:
        return run_of("supervised", views, profile, repeat)
    return base_run(profile, repeat, epochs=0)


def mlp_jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """The five methods with boundary views and the controls, probed with a hidden layer and without; trains nothing that Table 1 has not."""
    out = []
    for place, parts in cells(profile, named(corpora, profile.table1["corpora"])):
        runs = {NAMES[m]: run_of(m, "boundary", profile, place["repeat"]) for m in METHODS}
        runs |= {c: control_of(c, profile, place["repeat"]) for c in CONTROLS}
        out += [Job(evaluation.mlp, run, parts, (m,), place | {"model": m}) for m, run in runs.items()]
    return out


def jobs(profile: Profile, corpora: dict[str, Signs], views=(*VIEW_SETS, "none"), methods=tuple(NAMES), controls=CONTROLS) -> list[Job]:
    """Table 1: the methods with their view sets, and the controls: accuracies (0 to 1) on the test split.

    On the profile's corpora (``table1``) and as many repeats; the cells of ``PRIMARY`` on more where it says so, and with them the
    random encoder, which they are held against seed by seed.
    """
    out = []
    for corpus, signs in named(corpora, profile.table1["corpora"]).items():
        more = profile.table1["primary"].get(corpus, 0)
        many = len(repeats(signs, profile, profile.table1["repeats"]))
        for place, parts in cells(profile, {corpus: signs}, times=max(more, many)):
            repeat = place["repeat"]
            asked = [(m, v) for m in methods for v in views if v in OWN_VIEWS.get(m, VIEW_SETS)]
            runs = {(c, "control"): control_of(c, profile, repeat) for c in controls if repeat < many or c == RANDOM}
            runs |= {(NAMES.get(m, m), v): run_of(m, v, profile, repeat) for m, v in asked if repeat < many or (m, v) in PRIMARY}
            out += [Job(evaluation.evaluate, run, parts, (m,), place | {"model": m, "views": v}) for (m, v), run in runs.items()]
    return out
