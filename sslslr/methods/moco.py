"""MoCo v2 (He et al. 2020, Chen et al. 2020b): as SimCLR, but the negatives wait in a queue fed by a slow teacher."""

import torch
import torch.nn.functional as F

from sslslr.methods.heads import Projected, Teacher

VERSION = "moco 2"


class MoCo(Projected):
    """The query comes from the encoder, key and queue from the momentum teacher; temperature 0.5 (section 6.2).

    Symmetric in the two views, as in lightly's benchmarks. ``queue``: keys kept, of past batches alone: a batch's own keys are
    enqueued after both of its terms, and a clip's older keys are no negatives of it. The bank is part of the module's state,
    so that training resumes. The original is not used.
    """

    bank: torch.Tensor
    owner: torch.Tensor
    place: torch.Tensor

    def __init__(self, encoder, classes=0, *, projection=128, temperature=0.5, queue=256, momentum=0.99):
        super().__init__(encoder, projection)
        self.teacher, self.temperature = Teacher(self, momentum), temperature
        self.register_buffer("bank", F.normalize(torch.randn(queue, projection), dim=1))
        self.register_buffer("owner", torch.full((queue,), -1))  # the clip whose key it is; -1: none that is known
        self.register_buffer("place", torch.zeros((), dtype=torch.int64))  # of the next key in the bank

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; moves the teacher first. Labels are not looked at."""
        self.teacher.follow(self, self.progress)
        q1, q2 = (F.normalize(q.float(), dim=1) for q in self.project(valid, view1, view2))
        k1, k2 = (F.normalize(k.float(), dim=1) for k in self.teacher.project(valid, view1, view2))
        clips = torch.full((len(q1),), -1) if self.clips is None else torch.from_numpy(self.clips)
        clips = clips.to(self.owner.device)
        loss = 0.5 * (self.term(q1, k2, clips) + self.term(q2, k1, clips))
        self.enqueue(torch.cat([k1, k2]), clips.repeat(2))
        return loss

    def term(self, queries: torch.Tensor, keys: torch.Tensor, clips: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of telling each query's (B, d) own key (B, d) from the bank's of other clips than ``clips`` (B,); all of length 1."""
        others = (queries @ self.bank.T).float().masked_fill((self.owner == clips[:, None]) & (self.owner >= 0), -torch.inf)
        logits = torch.cat([(queries * keys).sum(1, keepdim=True), others], dim=1) / self.temperature
        return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64, device=logits.device))

    @torch.no_grad()
    def enqueue(self, keys: torch.Tensor, clips: torch.Tensor) -> None:
        """Put keys (B, d) of ``clips`` (B,) in the place of the bank's oldest."""
        keys, clips = keys[-len(self.bank) :], clips[-len(self.bank) :]
        at = (self.place + torch.arange(len(keys), device=keys.device)) % len(self.bank)
        self.bank = self.bank.index_copy(0, at, keys)  # a new tensor: the loss's gradient still needs the old one
        self.owner = self.owner.index_copy(0, at, clips)
        self.place = (self.place + len(keys)) % len(self.bank)
