"""From tagged discriminator calls to the columns of a step."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ._chunk import Arrays, StepRecord
from ._scores import ScoreKind, edge, looks_like_logits, softplus_mean, to_logits
from ._tagging import Call, Tagged, Tagger

_SCALE_MEMORY = 0.95


@dataclass
class StepRow:
    """One finished step: its columns, and the real samples that were kept of it."""

    step: int
    time: float
    values: dict[str, float]
    real_inputs: list[Tensor] = field(default_factory=list)


@dataclass
class Assembler:
    """Turns the records of a watched loop into step rows; keeps what it learned of the discriminator."""

    tagger: Tagger = field(default_factory=Tagger)
    counts: dict[str, int] = field(default_factory=dict)
    """Calls by tag, for the self-check."""
    steps: int = 0
    """Steps assembled so far."""
    _scale: float = 0.0
    _outside_unit: bool = False
    _logits: bool | None = None

    @property
    def kind(self) -> ScoreKind:
        """What D's scores look like so far."""
        if not self._outside_unit:
            return "probability"
        return "logit" if self._logits else "critic"

    def assemble(self, record: StepRecord, arrays: Arrays) -> StepRow:
        """The columns of one step."""
        scores, gradients, scalars = arrays
        self.steps += record.step >= 0
        values = {name: float(scalars[record.index, slot]) for name, slot in record.slots.items()}
        values.update(record.scalars)
        row = StepRow(record.step, record.time, values)
        phases = _phases(record.calls)
        generated: list[Call] = []
        for call in (c for calls in phases.values() for c in calls if c.player == "generator"):
            if call.differentiable_input and call.has_gradient:
                self.tagger.learn(gradients[call.start : call.stop])
                self._look(scores[call.start : call.stop], gradients[call.start : call.stop])
                generated.append(call)
        real, fake, edges = [], [], []
        for calls in phases.values():
            played = [c for c in calls if c.player == "discriminator"]
            if not played:
                continue
            tagged = self.tagger.tag_phase(played, gradients)
            self._count(tagged)
            phase_real, phase_fake = _split(played, tagged, scores)
            row.real_inputs += [
                part for c, t in zip(played, tagged, strict=True) if (part := _real_rows(c, t)) is not None
            ]
            edges.append(edge(phase_real * self._sign, phase_fake * self._sign))
            real.append(phase_real)
            fake.append(phase_fake)
        self._count([Tagged("fake", np.zeros(0, dtype=bool)) for _ in generated], prefix="generator ")
        self._add_scores(values, real, fake, edges)
        if generated:
            logits = self._logits_of(np.concatenate([scores[c.start : c.stop] for c in generated]))
            values["canonical_loss_g"] = softplus_mean(-logits)
        return row

    @property
    def _sign(self) -> int:
        return self.tagger.orientation or 1

    def _add_scores(
        self, values: dict[str, float], real: list[np.ndarray], fake: list[np.ndarray], edges: list[float]
    ) -> None:
        all_real = np.concatenate(real) if real else np.zeros(0)
        all_fake = np.concatenate(fake) if fake else np.zeros(0)
        known_edges = [e for e in edges if not math.isnan(e)]
        if known_edges:
            values["edge"] = float(np.mean(known_edges))
        for name, scores in (("d_real", all_real), ("d_fake", all_fake)):
            if len(scores):
                values[name] = float(scores.astype(np.float64).mean()) * self._sign
        if len(all_real) and len(all_fake):
            self._look_at_range(all_real[np.isfinite(all_real)])
            if self.kind == "critic":
                self._rescale(np.concatenate([all_real, all_fake]))
            values["canonical_loss_d"] = softplus_mean(-self._logits_of(all_real)) + softplus_mean(
                self._logits_of(all_fake)
            )

    def _logits_of(self, scores: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        kind = self.kind
        if kind == "probability" and self._sign < 0:
            # A probability of being fake: its complement is the probability of being real.
            return to_logits(1.0 - scores, kind, 1.0)
        return to_logits(scores * self._sign, kind, self._scale or 1.0)

    def _look(self, scores: Float[np.ndarray, " n"], gradients: Float[np.ndarray, " n"]) -> None:
        finite = scores[np.isfinite(scores)]
        self._look_at_range(finite)
        if self._logits is None and self._outside_unit and len(finite) >= 4:
            self._logits = looks_like_logits(scores, gradients)

    def _look_at_range(self, finite: Float[np.ndarray, " n"]) -> None:
        if len(finite) and (finite.min() < 0.0 or finite.max() > 1.0):
            self._outside_unit = True

    def _rescale(self, pooled: Float[np.ndarray, " n"]) -> None:
        finite = pooled[np.isfinite(pooled)].astype(np.float64)
        if len(finite):
            spread = 1.4826 * float(np.median(np.abs(finite - np.median(finite))))
            self._scale = spread if not self._scale else _SCALE_MEMORY * self._scale + (1 - _SCALE_MEMORY) * spread

    def _count(self, tagged: list[Tagged], prefix: str = "") -> None:
        for t in tagged:
            name = prefix + t.tag
            self.counts[name] = self.counts.get(name, 0) + 1


def _phases(calls: list[Call]) -> dict[int, list[Call]]:
    """Calls by the optimizer update that used them, in order; calls that no update followed are left out."""
    phases: dict[int, list[Call]] = {}
    for call in calls:
        if call.player is not None:
            phases.setdefault(call.phase, []).append(call)
    return phases


def _real_rows(call: Call, tagged: Tagged) -> Tensor | None:
    """The real samples among the rows of a call's input that were kept."""
    if call.inputs is None or tagged.tag not in ("real", "mixed"):
        return None
    if tagged.tag == "real":
        return call.inputs
    rows = call.inputs[torch.from_numpy(tagged.real_rows[:: call.inputs_every].copy())]
    return rows if len(rows) else None


def _split(
    calls: list[Call], tagged: list[Tagged], scores: Float[np.ndarray, " rows"]
) -> tuple[Float[np.ndarray, " r"], Float[np.ndarray, " f"]]:
    """Real and fake scores of one phase."""
    real, fake = [np.zeros(0, dtype=scores.dtype)], [np.zeros(0, dtype=scores.dtype)]
    for call, t in zip(calls, tagged, strict=True):
        if t.tag in ("real", "fake", "mixed"):
            rows = scores[call.start : call.stop]
            real.append(rows[t.real_rows])
            fake.append(rows[~t.real_rows])
    return np.concatenate(real), np.concatenate(fake)
