"""Probe a frozen encoder on held-out signers of a data set, beside its controls."""

import shlex

from sslslr import profiles
from sslslr.commands import Parser, whole
from sslslr.commands.named import check
from sslslr.learning import weights
from sslslr.studies import corpora, passed_on


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("encoder", help=f"a folder made by pretrain --card, or one that ships: {', '.join(weights.shipped())}")
    parser.add_argument("--profile", default="quick", help="sizes of the synthetic corpora, and groups of held-out signers")
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--data", default="")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--corpus", default="lsfb-like", help="which of the synthetic corpora")
    parser.add_argument("--seed", type=whole, default=0, help="which signers are held out")
    options = parser.parse_args(arguments)
    check(options.dataset, options.profile, options.data)
    encoder = weights.load(options.encoder)
    profile = passed_on.as_trained(encoder, profiles.load(options.profile))
    loaded = corpora.load(profile, options.dataset, options.data, only=options.corpus, options=shlex.join(options.option))
    signs, protocol = corpora.split(next(iter(loaded.values())), profile, options.seed)
    found = passed_on.probe(encoder, signs, options.seed)
    first = found.iloc[0]
    print(f"{signs.name} ({signs.kind}): {protocol}, n = {first['test']} test clips, chance {first['chance']:.1%}, one split")
    for row in found.itertuples():
        print(f"  {row.model:<24} linear top-1 {row.top1:6.1%}  top-5 {row.top5:6.1%}  kNN {row.knn:6.1%}")
    return 0
