"""From discriminator calls to the columns of steps: many steps at once, in the worker's thread."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ._call import Call
from ._chunk import Chunk, StepRecord
from ._columns import ScoreColumns, StepScores
from ._scores import ScoreKind
from ._tagging import Tag, Tagger, real_rows
from ._targets import Targets


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
    targets: Targets = field(default_factory=Targets)
    columns: ScoreColumns = field(default_factory=ScoreColumns)
    counts: dict[str, int] = field(default_factory=dict)
    """Calls by tag, for the self-check."""
    steps: int = 0
    """Steps assembled so far."""

    @property
    def kind(self) -> ScoreKind:
        """What D's scores look like so far."""
        return self.columns.kind

    def assemble(self, chunk: Chunk) -> list[StepRow]:
        """The rows of a chunk that has been sent; a record that no update closed has a step below 0."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            # A GAN that diverges is what is being watched for: no warnings of NumPy's about it.
            return self._assembled(chunk)

    def amend(self, row: StepRow, chunk: Chunk) -> None:
        """Add to a row what the loop added to its step after it had left ahead of this chunk."""
        record = chunk.earlier
        if record is not None and record.step == row.step:
            row.values.update(_logged(record, chunk.numbers()))

    def _assembled(self, chunk: Chunk) -> list[StepRow]:
        numbers = chunk.numbers()
        _count_signs([call for record in chunk.records for call in record.calls], numbers)
        rows, tagged = [], []
        for record in chunk.records:
            self.steps += record.step >= 0
            row = StepRow(record.step, record.time, _logged(record, numbers))
            tagged.append(self._sort_out(record, row, numbers))
            rows.append(row)
        self.columns.fill(tagged)
        for record, row, found in zip(chunk.records, rows, tagged, strict=True):
            # They come from float32 numbers: more digits would take space and say nothing.
            computed = found.values | record.norms
            row.values.update(zip(computed, _rounded(computed.values()), strict=True))
        return rows

    def _sort_out(self, record: StepRecord, row: StepRow, numbers: np.ndarray) -> StepScores:
        """Tag the calls of a step and take their scores apart."""
        found = StepScores({})
        phases = _phases(record.calls)
        judged = [call for calls in phases for call in calls if _is_judged(call, calls)]
        for call in judged:
            self.tagger.learn(call.share_positive)
            scores, gradients = _scores(call, numbers), _gradients(call, numbers)
            self.columns.look(scores, gradients)
            self.targets.learn(scores, gradients)
            reaching = call.every * float(np.abs(gradients).sum(dtype=np.float64))
            found.values["score_gradient_g"] = found.values.get("score_gradient_g", 0.0) + reaching
        self._count(["fake"] * len(judged), prefix="generator ")
        for calls in phases:
            rest = [call for call in calls if call not in judged and not self._is_left_over(call)]
            if calls[0].player == "generator" and not _is_shared(calls):
                continue
            if not judged:
                # Nothing told yet where the generator wants to go; the real samples of a mixed update do.
                self._learn_from_real(rest)
            self._take_phase(rest, row, found, numbers)
        if not judged:
            # Both networks were updated from one pass: its fake scores are what the generator was judged by.
            shared = [c for calls in phases for c in calls if c.shared or c.player == "both"]
            judged = [call for call in shared if call.from_generator or call.differentiable_input]
        found.judged = [_scores(call, numbers) for call in judged]
        found.orientation = self.tagger.orientation or 1
        return found

    def _take_phase(self, calls: list[Call], row: StepRow, found: StepScores, numbers: np.ndarray) -> None:
        for call in calls:
            self._read_target(call, numbers)
        tags = self.tagger.tag_phase(calls)
        self._count(tags)
        real, fake = [], []
        for call, tag in zip(calls, tags, strict=True):
            scores = _scores(call, numbers)
            if tag == "real":
                real.append(scores)
            elif tag == "fake":
                fake.append(scores)
            elif tag == "mixed":
                of_real = real_rows(tag, _gradients(call, numbers), self.tagger.towards_real)
                real.append(scores[of_real])
                fake.append(scores[~of_real])
                if call.inputs is not None and of_real[:: call.inputs_every].any():
                    row.real_inputs.append(call.inputs[torch.from_numpy(of_real[:: call.inputs_every].copy())])
            if tag == "real" and call.inputs is not None:
                row.real_inputs.append(call.inputs)
        found.real += real
        found.fake += fake
        if real and fake:
            found.pairs.append((_one(real), _one(fake)))

    def _read_target(self, call: Call, numbers: np.ndarray) -> None:
        if call.from_generator or call.reached != "plain":
            return
        scores, gradients = _scores(call, numbers), _gradients(call, numbers)
        is_real = self.targets.is_real(scores, gradients, self.tagger.orientation or 1)
        if is_real is not None:
            call.share_positive = float(is_real == (self.tagger.towards_real > 0))

    def _is_left_over(self, call: Call) -> bool:
        """Whether it belongs to a generator update that was skipped: its own samples, pushed towards real."""
        own = call.from_generator and call.differentiable_input and not call.shared
        towards_real = 1.0 if self.tagger.towards_real > 0 else 0.0
        return own and call.player == "discriminator" and abs(call.share_positive - towards_real) < 0.2

    def _learn_from_real(self, calls: list[Call]) -> None:
        if any(call.from_generator or call.differentiable_input for call in calls):
            for call in calls:
                if call.reached == "plain" and not call.from_generator and not call.differentiable_input:
                    self.tagger.learn(call.share_positive)

    def _count(self, tags: list[Tag], prefix: str = "") -> None:
        for tag in tags:
            self.counts[prefix + tag] = self.counts.get(prefix + tag, 0) + 1


def _logged(record: StepRecord, numbers: np.ndarray) -> dict[str, float]:
    """The scalars of a step, those that lie on the device included."""
    return record.scalars | {name: float(numbers[place]) for name, place in record.places.items()}


def _is_judged(call: Call, phase: list[Call]) -> bool:
    """Whether a generator update was made of these scores, and of nothing that the discriminator learns from."""
    if not call.differentiable_input or call.reached is None or call.player == "discriminator":
        return False
    if call.player == "generator":
        return not _is_shared(phase)
    # One optimizer for both networks: the discriminator's update has real samples in it, the generator's has not.
    return all(other.differentiable_input for other in phase if other.reached is not None)


def _is_shared(phase: list[Call]) -> bool:
    """Whether both networks are updated from these calls: real samples too, and two gradients for the generated."""
    real = any(call.reached == "plain" and not call.differentiable_input and not call.from_generator for call in phase)
    return real and any(call.shared for call in phase)


def _phases(calls: list[Call]) -> list[list[Call]]:
    """Calls by the optimizer update that used them, in order; calls that no update followed are left out."""
    phases: dict[int, list[Call]] = {}
    for call in calls:
        if call.player is not None:
            phases.setdefault(call.phase, []).append(call)
    return list(phases.values())


def _count_signs(calls: list[Call], numbers: np.ndarray) -> None:
    """The share of positive rows in each call's gradient; NaN counts as no sign."""
    reached = [call for call in calls if call.gradient_start >= 0]
    if not reached:
        return
    bounds = np.array([(call.gradient_start, call.gradient_start + call.rows) for call in reached]).ravel()
    # One more entry, since the last bound may be the end.
    positive = np.add.reduceat(np.append(numbers > 0, False).astype(np.int32), bounds)[::2].tolist()
    negative = np.add.reduceat(np.append(numbers < 0, False).astype(np.int32), bounds)[::2].tolist()
    for call, up, down in zip(reached, positive, negative, strict=True):
        call.share_positive = up / (up + down) if up + down else float("nan")


def _scores(call: Call, numbers: np.ndarray) -> np.ndarray:
    return numbers[call.start : call.start + call.rows]


def _gradients(call: Call, numbers: np.ndarray) -> np.ndarray:
    return numbers[call.gradient_start : call.gradient_start + call.rows]


def _rounded(values: Iterable[float]) -> list[float]:
    wide = np.array(list(values))
    narrow = wide.astype(np.float32)
    # What is finite stays so.
    rounded: list[float] = np.where(np.isinf(narrow), wide, narrow).tolist()
    return rounded


def _one(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
