"""The adapter gives what the statistic itself gives, however the samples come in."""

import math

import pytest
import torch
from torch import Tensor
from torchmetrics import MetricCollection

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument, UnknownName
from collapse_probe.integrations.torchmetrics import StatisticMetric

REAL = toy.ring(8, seed=0).sample(200)
GENERATED = toy.ring(8, seed=1).sample(120)[:, [1, 0]]


def filled(metric: StatisticMetric, batch: int = 50) -> StatisticMetric:
    for part in REAL.split(batch):
        metric.update(part, real=True)
    for part in GENERATED.split(batch):
        metric.update(part, real=False)
    return metric


def close(found: Tensor, expected: float | Tensor) -> bool:
    return torch.allclose(found, torch.as_tensor(expected, dtype=found.dtype), rtol=1e-6, equal_nan=True)


@pytest.mark.parametrize("name", [name for name in statistics.names() if statistics.get(name).reads == "points"])
def test_every_statistic_gives_what_it_gives_by_itself(name: str) -> None:
    direct = statistics.get(name)(generated=GENERATED, real=REAL)
    assert close(filled(StatisticMetric(name)).compute(), direct)


def test_a_statistic_that_reads_pictures_is_given_pictures() -> None:
    pictures = torch.rand(20, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    metric = StatisticMetric("multi_scale_ssim", real=pictures[10:])
    metric.update(pictures[:10], real=False)
    assert close(metric.compute(), statistics.multi_scale_ssim(generated=pictures[:10], real=pictures[10:]))


@pytest.mark.parametrize("batch", [1, 7, 200])
def test_the_size_of_the_batches_does_not_matter(batch: int) -> None:
    assert close(filled(StatisticMetric("coverage"), batch).compute(), filled(StatisticMetric("coverage")).compute())


def test_options_reach_the_statistic_and_unknown_ones_are_refused() -> None:
    direct = statistics.coverage(generated=GENERATED, real=REAL, k=1)
    assert direct != statistics.coverage(generated=GENERATED, real=REAL)
    assert close(filled(StatisticMetric("coverage", options={"k": 1})).compute(), direct)
    with pytest.raises(InvalidArgument, match="'neighbours' of coverage; known: k"):
        StatisticMetric("coverage", options={"neighbours": 1})
    with pytest.raises(UnknownName, match="covrage"):
        StatisticMetric("covrage")


def test_real_samples_that_are_kept_survive_a_reset_and_others_do_not() -> None:
    for metric, survives in (
        (StatisticMetric("coverage"), False),
        (filled(StatisticMetric("coverage", reset_real_features=False)), True),
        (StatisticMetric("coverage", real=REAL), True),
    ):
        metric.reset()
        metric.update(GENERATED, real=False)
        value = metric.compute()
        assert math.isnan(value) != survives
        assert not survives or close(value, statistics.coverage(generated=GENERATED, real=REAL))


def test_more_real_samples_are_taken_into_account() -> None:
    metric = filled(StatisticMetric("coverage", real=REAL))
    metric.compute()
    metric.update(REAL + 5, real=True)
    real = torch.cat([REAL, REAL, REAL + 5])
    assert close(metric.compute(), statistics.coverage(generated=GENERATED, real=real))


def test_pictures_are_embedded_as_asked_and_flattened_otherwise() -> None:
    real, generated = REAL.reshape(-1, 1, 2, 1), GENERATED.reshape(-1, 1, 2, 1)
    for embed in (None, lambda pictures: 3 * pictures.flatten(1)):
        metric = StatisticMetric("mean_pairwise_distance", real=real, embed=embed)
        metric.update(generated, real=False)
        factor = 1 if embed is None else 3
        assert close(metric.compute(), factor * statistics.mean_pairwise_distance(generated=GENERATED, real=REAL))


def test_samples_of_several_processes_count_together() -> None:
    """As torchmetrics does it: each state gathered from all ranks and concatenated."""
    whole = filled(StatisticMetric("coverage"))
    halves = [StatisticMetric("coverage", distributed_available_fn=lambda: True) for _ in range(2)]
    for metric, part in zip(halves, range(2), strict=True):
        metric.update(REAL[part::2], real=True)
        metric.update(GENERATED[part::2], real=False)
    states = {name: [torch.cat(getattr(metric, name)) for metric in halves] for name in ("real", "generated")}

    def gather(value: Tensor, group: object = None) -> list[Tensor]:
        (name,) = [name for name, parts in states.items() if any(torch.equal(value, part) for part in parts)]
        return states[name]

    halves[0].dist_sync_fn = gather
    assert close(halves[0].compute(), whole.compute())
    assert len(torch.cat(halves[0].real)) == len(REAL) // 2


def test_it_belongs_into_a_collection_and_knows_its_better_side() -> None:
    collection = MetricCollection({name: StatisticMetric(name) for name in ("coverage", "sliced_wasserstein")})
    collection.update(REAL, real=True)
    collection.update(GENERATED, real=False)
    values = collection.compute()
    assert close(values["coverage"], statistics.coverage(generated=GENERATED, real=REAL))
    assert StatisticMetric("coverage").higher_is_better is True
    assert StatisticMetric("sliced_wasserstein").higher_is_better is False
    assert StatisticMetric("relative_diversity").higher_is_better is None
