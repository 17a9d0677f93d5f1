"""The table of a run, made of the series of a log, and what its columns allow to be judged."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int64

from .._recorder import COUNTED, OWN_COLUMNS, ScoreKind, softplus, to_logits
from ._log import Log, Series, latest

_DERIVED_FROM = ("sign_real", "sign_fake", "accuracy_real", "accuracy_fake")
_OURS = OWN_COLUMNS | {"loss_d", "loss_g"}
_MOST = 4000
_WARM_UP = 50
"""Rows that the detector of revolutions needs before it can flag one."""
NO_SAMPLES = "a log of scalars holds no samples, so their variety cannot be seen: attach the probe to the next run"


def columns_of(log: Log, mapping: Mapping[str, str]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns of `Run.steps`, `step` and `time` among them, and the names of those that are the log's own."""
    series = {name: latest(found) for name, found in log.series.items()}
    step = np.unique(np.concatenate([found.step for found in series.values()]))
    ours = {name: _spread(series[theirs], step) for name, theirs in mapping.items() if name not in _DERIVED_FROM}
    table = {"step": step, "time": _spread(latest(log.times), step), **ours}
    hidden = {name: _spread(series[mapping[name]], step) for name in _DERIVED_FROM if name in mapping}
    _derive(table, hidden)
    used = {theirs for name, theirs in mapping.items() if name in ours}
    kept = [name for name in series if name not in used][:_MOST]
    # A name of ours that means something else to them.
    named = {name: f"{name} (log)" if name in _OURS else name for name in kept}
    table |= {named[name]: _spread(series[name], step) for name in kept}
    counted = [name for name in mapping if name in COUNTED]
    bad = sum((_not_finite(series[mapping[name]], step) for name in counted), start=np.zeros(len(step)))
    if bad.any():
        table["not_finite"] = np.where(bad > 0, bad, np.nan)
    return table, list(named.values())


def not_judged(table: Mapping[str, np.ndarray], mapping: Mapping[str, str]) -> dict[str, str]:
    """What cannot be told from this table, and why."""
    missing = {"collapse": NO_SAMPLES, "never fitted": NO_SAMPLES}
    if not any(name in COUNTED for name in mapping):
        missing["divergence"] = "no loss, score or gradient norm was recognised; name them with --map theirs=loss_g"
    edge, loss = table.get("edge"), table.get("canonical_loss_g")
    if edge is None:
        missing["revolution"] = (
            "D's edge is not known: means of its scores do not tell it. Accuracies or signs on real and fake samples "
            "do (--map theirs=accuracy_real, --map theirs=accuracy_fake)"
        )
    elif loss is None:
        missing["revolution"] = (
            "the generator's loss is not known to be the canonical one, -log D(G(z)); if yours is, "
            "--map theirs=canonical_loss_g"
        )
    else:
        rows = table["step"][~np.isnan(edge) & np.isfinite(loss)]
        gap = float(np.median(np.diff(rows))) if len(rows) > 1 else 1.0
        if gap != 1:
            missing["revolution"] = (
                f"scores are there every {gap:g} steps only, and an abrupt change is looked for step by step; "
                "--number-rows takes each row for a step"
            )
        elif len(rows) <= _WARM_UP:
            missing["revolution"] = f"{len(rows)} rows have scores, and more than {_WARM_UP} are needed"
    return missing


def _derive(table: dict[str, np.ndarray], hidden: Mapping[str, Float[np.ndarray, " rows"]]) -> None:
    """The edge and the canonical losses, where the log has what they are made of and not themselves."""
    if "edge" not in table:
        if {"sign_real", "sign_fake"} <= set(hidden):
            # Of a score cut to its sign, 2·AUC - 1 is the true minus the false positive rate.
            table["edge"] = (hidden["sign_real"] - hidden["sign_fake"]) / 2
        elif {"accuracy_real", "accuracy_fake"} <= set(hidden):
            table["edge"] = hidden["accuracy_real"] + hidden["accuracy_fake"] - 1
    means = [table[name] for name in ("d_real", "d_fake") if name in table]
    known = np.concatenate([values[np.isfinite(values)] for values in means]) if means else np.zeros(0)
    if not len(known):
        return
    kind: ScoreKind = "logit" if known.min() < 0 or known.max() > 1 else "probability"
    # As for scores given by hand one at a time: of a mean, so a lower bound of the mean loss.
    with np.errstate(over="ignore", invalid="ignore"):
        logits = {name: to_logits(table[name], kind, 1.0) for name in ("d_real", "d_fake") if name in table}
        if "d_fake" in logits:
            table.setdefault("canonical_loss_g", softplus(-logits["d_fake"]))
        if len(logits) == 2:
            table.setdefault("canonical_loss_d", softplus(-logits["d_real"]) + softplus(logits["d_fake"]))


def _spread(series: Series, step: Int64[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    values = np.full(len(step), np.nan)
    places = np.searchsorted(step, series.step)
    there = (places < len(step)) & (step[np.minimum(places, len(step) - 1)] == series.step)
    values[places[there]] = series.value[there]
    return values


def _not_finite(series: Series, step: Int64[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    bad = np.zeros(len(step))
    bad[np.searchsorted(step, series.step)] = ~np.isfinite(series.value)
    return bad
