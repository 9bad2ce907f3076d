"""Exercises that check themselves: ``check(permute)`` says what a function of a student's does and what it does not yet."""

from collections.abc import Callable
from html import escape

import torch
import torch.nn.functional as F
from IPython.display import HTML, display

from sslslr.errors import SignError
from sslslr.measures.collapse import effective_rank
from sslslr.methods.slfpn import slfpn_loss

# what is asked of a function: words, and a test that gets it
Asked = dict[str, Callable[[Callable], bool]]


def _permuted(permute: Callable, length: int = 20, alpha: float = 0.3, beta: float = 0.25) -> torch.Tensor:
    return torch.as_tensor(permute(length, alpha, beta, torch.Generator().manual_seed(3))).long()


PERMUTE: Asked = {
    "every frame stands somewhere, once": lambda f: sorted(_permuted(f).tolist()) == list(range(20)),
    "the middle stays where it is": lambda f: _permuted(f)[6:15].tolist() == list(range(6, 15)),
    "the first six of twenty frames change places among each other (alpha = 0.3)": lambda f: sorted(_permuted(f)[:6].tolist()) == list(range(6))
    and _permuted(f)[:6].tolist() != list(range(6)),
    "so do the last five (beta = 0.25)": lambda f: sorted(_permuted(f)[15:].tolist()) == list(range(15, 20)) and _permuted(f)[15:].tolist() != list(range(15, 20)),
    "alpha = beta = 0 changes nothing": lambda f: _permuted(f, 9, 0, 0).tolist() == list(range(9)),
    "all randomness comes from the generator": lambda f: torch.equal(_permuted(f), _permuted(f)),
}  # fmt: skip


def _outputs() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(4, 8, generator=generator).requires_grad_() for _ in range(3))


def _same(loss: Callable, predictor: Callable) -> bool:
    z1, z2, zo = _outputs()
    return bool(torch.isclose(torch.as_tensor(loss(z1, z2, zo, predictor)), slfpn_loss(z1, z2, zo, predictor), atol=1e-6))


def _still(loss: Callable) -> bool:
    """Of the third term no gradient reaches its target: z2 learns from the first term alone."""
    z1, z2, zo = _outputs()
    loss(z1, z2, zo, lambda z: 2 * z).backward()
    own = z2.detach().clone().requires_grad_()
    F.mse_loss(z1.detach(), own).backward()
    return bool(z2.grad is not None and own.grad is not None and torch.allclose(z2.grad, own.grad, atol=1e-6))


THREE_TERMS: Asked = {
    "three equal outputs cost nothing": lambda f: float(f(*(torch.ones(4, 8) for _ in range(3)), lambda z: z)) == 0,
    "the value is that of equation 2, with a predictor that does nothing": lambda f: _same(f, lambda z: z),
    "and with one that doubles": lambda f: _same(f, lambda z: 2 * z),
    "the third term's target stands still (stop-gradient)": _still,
}


def _rank(rank: Callable, z: torch.Tensor) -> bool:
    return abs(float(rank(z)) - effective_rank(z)) < 0.01


def _cloud(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


RANK: Asked = {
    "a cloud along one line has rank 1": lambda f: abs(float(f(_cloud(50, 1) @ _cloud(1, 8))) - 1) < 0.01,
    "a round cloud in eight dimensions has nearly 8": lambda f: _rank(f, _cloud(500, 8)),
    "a flat one has what the entropy of its singular values says": lambda f: _rank(
        f, _cloud(200, 8) * torch.tensor([9.0, 3, 1, 1, 1, 0.1, 0.1, 0.1])
    ),
    "it does not matter where the cloud lies": lambda f: _rank(f, _cloud(100, 6) + 100),
    "nor how large it is": lambda f: abs(float(f(_cloud(100, 6))) - float(f(10 * _cloud(100, 6)))) < 0.01,
}

EXERCISES = {"permute": PERMUTE, "three_terms": THREE_TERMS, "count_dimensions": RANK}


def results(function: Callable) -> dict[str, str]:
    """What is asked of ``function`` (by its name) -> "yes", "not yet", or the error it ended in. SignError for another name."""
    name = function.__name__
    if name not in EXERCISES:
        raise SignError(f"no exercise is called {name!r}; there are {', '.join(EXERCISES)}")
    found = {}
    for words, test in EXERCISES[name].items():
        try:
            found[words] = "yes" if test(function) else "not yet"
        except NotImplementedError:
            found[words] = "not written yet"
        except Exception as error:  # a student's own
            found[words] = f"not yet: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": ")
    return found


def check(function: Callable) -> None:
    """Show what is asked of a student's function and which of it it does. Nothing is raised: an exercise may be left open."""
    found = results(function)
    done = sum(said == "yes" for said in found.values())
    rows = "".join(f"<li>{'✓' if said == 'yes' else '○'} {escape(words)}{'' if said == 'yes' else f': <i>{escape(said)}</i>'}</li>" for words, said in found.items())  # fmt: skip
    name = escape(function.__name__)
    display(
        HTML(f'<section class="selfcheck"><p><b>{name}</b>: {done} of {len(found)}</p><ul style="list-style:none">{rows}</ul></section>')
    )
