"""What every statistic promises; a new file in the folder is asked by itself."""

import dataclasses
import functools
import math
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument, UnknownName
from collapse_probe.statistics import AbstractStatistic, State

NAMES = [name for name in statistics.names() if statistics.get(name).reads == "points"]
Value = float | Tensor


def clusters(rows: int, seed: int) -> Tensor:
    """Six clusters on a plane in 20 dimensions: every statistic is defined there, the guard for images too."""
    generator = torch.Generator().manual_seed(seed)
    angles = torch.arange(6) * math.pi / 3
    points = torch.zeros(rows, 20)
    points[:, :2] = torch.stack([angles.cos(), angles.sin()], 1)[torch.arange(rows) % 6]
    points[:, :2] += 0.1 * torch.randn(rows, 2, generator=generator)
    return points + 0.002 * torch.randn(rows, 20, generator=generator)


@functools.cache
def fitted(name: str) -> tuple[AbstractStatistic, State]:
    statistic = statistics.get(name)
    return statistic, statistic.fit(clusters(72, seed=0))


def same(first: Value, second: Value, tolerance: float = 0.0) -> bool:
    one, other = (torch.as_tensor(value, dtype=torch.float64) for value in (first, second))
    return torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)


def is_finite(value: Value) -> bool:
    return bool(torch.isfinite(torch.as_tensor(value)).all())


@pytest.mark.parametrize("name", NAMES)
def test_the_same_input_gives_the_same_output(name: str) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    again = statistic.compute(batch, statistic.fit(clusters(72, seed=0)))
    assert same(statistic.compute(batch, state), again)
    assert is_finite(again)


@pytest.mark.parametrize("name", NAMES)
def test_no_global_random_state_is_read_or_moved(name: str) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]
    value = statistic.compute(batch, statistic.fit(clusters(72, seed=0)))
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]
    assert same(value, statistic.compute(batch, state))


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_generated_samples_does_not_matter(name: str) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(2))
    assert same(statistic.compute(batch, state), statistic.compute(batch[order], state), 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_no_input_is_written_to(name: str) -> None:
    statistic, state = fitted(name)
    for dtype in (torch.float32, torch.float64):
        real, batch = clusters(72, seed=0).to(dtype), clusters(40, seed=1).to(dtype)
        frozen = {key: value.clone() for key, value in state.items()}
        statistic.fit(real)
        statistic.compute(batch, state)
        assert torch.equal(real, clusters(72, seed=0).to(dtype)) and torch.equal(batch, clusters(40, seed=1).to(dtype))
        assert all(torch.equal(state[key], value) for key, value in frozen.items())


@pytest.mark.parametrize("name", NAMES)
def test_float32_far_from_the_origin_gives_the_value_of_the_centred_data(name: str) -> None:
    statistic = statistics.get(name)
    real, batch = clusters(72, seed=0) + 1000, clusters(40, seed=1) + 1000
    far = statistic.compute(batch, statistic.fit(real))
    near = statistic.compute(batch.double() - 1000, statistic.fit(real.double() - 1000))
    assert same(far, near, 1e-8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_batch_that_is_not_finite_is_undefined(name: str, bad: float) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    batch[3, 1] = bad
    value = torch.as_tensor(statistic.compute(batch, state))
    assert bool(value.isnan().all())
    assert value.shape == torch.as_tensor(statistic.compute(clusters(40, seed=1), state)).shape


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", [0.0, 0.1, 1e3, 1e-30], ids=str)
def test_a_fully_collapsed_batch_gives_a_finite_value(name: str, picture: float) -> None:
    statistic, state = fitted(name)
    assert is_finite(statistic.compute(torch.full((40, 20), picture), state))
    assert is_finite(statistic.compute(clusters(72, seed=0)[:1].repeat(40, 1), state))


@pytest.mark.parametrize("name", NAMES)
def test_real_data_that_are_all_alike_never_raise(name: str) -> None:
    statistic = statistics.get(name)
    value = statistic.compute(clusters(40, seed=1), statistic.fit(torch.full((30, 20), 0.3)))
    assert isinstance(value, float | Tensor)


@pytest.mark.parametrize("name", NAMES)
def test_a_collapse_is_on_the_unhealthy_side_of_real_data(name: str) -> None:
    statistic, state = fitted(name)
    healthy = torch.as_tensor(statistic.compute(clusters(60, seed=1), state))
    collapsed = torch.as_tensor(statistic.compute(clusters(72, seed=0)[:1].repeat(60, 1), state))
    if statistic.healthy == "high":
        assert healthy > collapsed
    elif statistic.healthy == "low":
        assert healthy < collapsed
    else:
        assert not torch.allclose(healthy, collapsed)


@pytest.mark.parametrize("name", NAMES)
def test_the_state_survives_being_stored(name: str) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    assert all(isinstance(value, Tensor) for value in state.values())
    assert same(statistic.compute(batch, load(save(state))), statistic.compute(batch, state))


@pytest.mark.parametrize("name", NAMES)
def test_one_call_is_fit_and_compute(name: str) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    assert same(statistic(generated=batch, real=clusters(72, seed=0)), statistic.compute(batch, state))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_straight_from_the_generator_may_carry_its_graph(name: str) -> None:
    statistic, state = fitted(name)
    batch = clusters(40, seed=1)
    value = statistic(generated=batch.clone().requires_grad_(), real=clusters(72, seed=0))
    assert same(value, statistic.compute(batch, state))
    assert not torch.as_tensor(value).requires_grad


@pytest.mark.parametrize("name", NAMES)
def test_misuse_is_explained(name: str) -> None:
    statistic = getattr(statistics, name)
    batch = clusters(10, seed=1)
    with pytest.raises(TypeError):
        statistic(batch, batch)
    with pytest.raises(InvalidArgument, match="unknown option 'depth'"):
        statistic(generated=batch, real=batch, depth=3)
    with pytest.raises(InvalidArgument, match=r"generated has shape \(10, 4, 5\)"):
        statistic(generated=batch.reshape(10, 4, 5), real=batch)
    with pytest.raises(InvalidArgument, match=r"real has shape \(1, 20\)"):
        statistic(generated=batch, real=batch[:1])
    with pytest.raises(InvalidArgument, match="generated has 19 columns and real has 20"):
        statistic(generated=batch[:, 1:], real=batch)


UNUSUAL = {
    "half": torch.float16,
    "bfloat16": torch.bfloat16,
    "double": torch.float64,
    "int64": torch.int64,
    "uint8": torch.uint8,
    "truth values": torch.bool,
}


def counted(rows: int, seed: int, dtype: torch.dtype) -> Tensor:
    """Whole numbers, and zeros and ones for truth values: every type holds them exactly."""
    values = (50 * clusters(rows, seed)).round().abs().double()
    return values.clamp(max=1) if dtype == torch.bool else values


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", UNUSUAL.values(), ids=UNUSUAL)
def test_a_type_that_holds_the_same_numbers_gives_the_same_value(name: str, dtype: torch.dtype) -> None:
    statistic = getattr(statistics, name)
    generated, real = counted(24, 1, dtype), counted(36, 0, dtype)
    assert same(
        statistic(generated=generated.to(dtype), real=real.to(dtype)), statistic(generated=generated, real=real)
    )


@pytest.mark.parametrize("name", NAMES)
def test_arrays_and_lists_are_as_good_as_tensors(name: str) -> None:
    statistic = getattr(statistics, name)
    generated, real = clusters(24, seed=1), clusters(36, seed=0)
    expected = statistic(generated=generated, real=real)
    read_only = real.numpy()
    read_only.setflags(write=False)
    assert same(statistic(generated=generated.numpy()[::-1][::-1], real=read_only), expected)
    assert same(statistic(generated=generated.tolist(), real=real.tolist()), expected, 1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [0, 1])
def test_a_batch_too_small_to_be_called_with_is_still_a_value_in_a_run(name: str, rows: int) -> None:
    statistic, state = fitted(name)
    value = torch.as_tensor(statistic.compute(clusters(40, seed=1)[:rows], state))
    assert value.shape == torch.as_tensor(statistic.compute(clusters(40, seed=1), state)).shape
    assert rows or bool(value.isnan().all())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generated": torch.zeros(0, 20)}, r"generated has shape \(0, 20\); expected \(n, d\) with n >= 2"),
        ({"generated": torch.zeros(1, 20)}, r"generated has shape \(1, 20\); expected \(n, d\) with n >= 2"),
        ({"real": torch.zeros(0, 20)}, r"real has shape \(0, 20\); expected \(n, d\) with n >= 2"),
        ({"generated": torch.zeros(8)}, r"generated has shape \(8,\).*e.g. generated.flatten\(1\)"),
        ({"generated": torch.zeros(8, 0), "real": torch.zeros(8, 0)}, r"generated has shape \(8, 0\).* d >= 1"),
        ({"generated": torch.zeros(8, 20, dtype=torch.complex64)}, "generated is torch.complex64; .*view_as_real"),
        ({"real": torch.zeros(8, 20).to_sparse()}, "real is torch.sparse_coo; .*to_dense"),
        ({"generated": "pictures"}, "generated is a str that is no array of numbers; expected a tensor"),
        ({"generated": None}, "generated is a NoneType that is no array of numbers"),
        ({"real": [[1.0], [1.0, 2.0]]}, "real is a list that is no array of numbers"),
        (
            {"generated": torch.zeros(8, 20, device="meta")},
            r"generated is on meta and real on cpu; .*to\(real.device\)",
        ),
        (
            {"real": clusters(8, seed=0).index_fill(0, torch.tensor([5, 6]), math.nan)},
            "real holds NaN .* 2 of 8 .*row 5",
        ),
        ({"real": clusters(8, seed=0).index_fill(0, torch.tensor([0]), math.inf)}, "leave them out: real.*isfinite"),
    ],
    ids=lambda given: "" if isinstance(given, str) else None,
)
def test_what_cannot_be_compared_is_refused_with_what_came_and_a_remedy(
    name: str, arguments: dict[str, object], message: str
) -> None:
    batch = clusters(8, seed=1)
    with pytest.raises(InvalidArgument, match=message):
        getattr(statistics, name)(**({"generated": batch, "real": batch} | arguments))


@pytest.mark.parametrize("name", NAMES)
def test_a_member_is_a_final_frozen_dataclass_with_defaults(name: str) -> None:
    member = type(statistics.get(name))
    assert member.__dict__.get("__final__") is True
    assert member.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        for field in dataclasses.fields(member)
    )
    assert member.unit and member.healthy in ("high", "low", "reference")


@pytest.mark.parametrize("name", statistics.names())
def test_the_docstring_says_what_a_user_asks(name: str) -> None:
    lines = [line.strip() for line in (type(statistics.get(name)).__doc__ or "").splitlines()]
    for heading in ("Shapes:", "Formula:", "Unit:", "Undefined:", "Cost:", "Source:"):
        assert any(line.startswith(heading) and len(line) > len(heading) for line in lines), heading
    assert any(line.startswith(f">>> {call}statistics.{name}(") for line in lines for call in ("", "round(")), "doctest"
    assert any("https://" in line for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_member_has_a_test_file(name: str) -> None:
    assert (Path(__file__).parent / "statistics" / f"test_{name}.py").is_file()


def test_the_folder_is_the_registry() -> None:
    assert NAMES == sorted(NAMES) and "coverage" in NAMES and len(NAMES) >= 11
    assert set(NAMES) <= set(dir(statistics))
    assert all(getattr(statistics, name) is statistics.get(name) for name in NAMES)


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UnknownName, match="no statistic called 'vendi'; known: bin_divergence, "):
        statistics.get("vendi")
    with pytest.raises(AttributeError, match="no statistic called 'vendi'; known: bin_divergence, "):
        _ = statistics.vendi
    assert not hasattr(statistics, "vendi") and not hasattr(statistics, "_nothing")
