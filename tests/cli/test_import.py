"""`collapse-probe import`: logs of other tools become runs, judged as far as scalars go and no farther."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import collapse_probe as cp
from collapse_probe._cli import main

VILLAIN = "\x1b[2J</script>\u202e"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *(str(argument) for argument in arguments)])


def imported(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.stdout)
    return dict(one)


def stylegan(path: Path, *, ticks: int, won_from: int) -> Path:
    """stats.jsonl as StyleGAN2-ADA writes it; from a tick on D is right nearly always, and G's loss leaps."""
    random = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as stream:
        for tick in range(ticks):
            sign, loss = (0.97, 5.0) if tick >= won_from else (0.3, 0.9)
            sign += 0.01 * random.normal()
            means = {"Loss/scores/fake": -loss, "Loss/scores/real": loss, "Loss/signs/fake": -sign}
            means |= {"Loss/signs/real": sign, "Loss/G/loss": loss, "Loss/D/loss": 2 / loss}
            means |= {"Progress/tick": tick, "Progress/kimg": 4 * tick}
            row = {name: {"num": 64, "mean": mean, "std": 0.1} for name, mean in means.items()}
            stream.write(json.dumps(row | {"timestamp": 1.7e9 + 60 * tick}) + "\n")
    return path


def test_a_log_of_stylegan_shows_the_revolution_in_it_and_says_what_it_cannot_show(tmp_path: Path) -> None:
    log = stylegan(tmp_path / "stats.jsonl", ticks=620, won_from=300)
    one = imported(log, "-o", tmp_path / "runs", "--name", "ffhq")
    found = cp.load(tmp_path / "runs" / "ffhq")
    assert one["verdict"]["kind"] == found.verdict.kind == "revolution"
    assert found.event_list[0].onset == 300
    assert (one["judged"], set(one["not_judged"])) == (["divergence", "revolution"], {"collapse", "never fitted"})
    assert "no samples" in one["not_judged"]["collapse"]
    steps = found.steps
    assert steps.index.tolist() == list(range(620))
    assert steps["time"].tolist() == [1.7e9 + 60 * tick for tick in range(620)]
    # The edge of D's sign alone: (0.3 + 0.3) / 2 before, within the noise of the log.
    assert float(steps["edge"].loc[:299].mean()) == pytest.approx(0.3, abs=0.01)
    assert steps["canonical_loss_g"].loc[619] == pytest.approx(5.0)
    assert steps["Progress/kimg"].loc[10] == 40
    assert [(event.kind, event.step) for event in cp.replay(found)] == [
        (event.kind, event.step) for event in found.event_list
    ]


def test_a_run_of_scalars_that_went_well_is_not_called_healthy(tmp_path: Path) -> None:
    log = stylegan(tmp_path / "stats.jsonl", ticks=100, won_from=999)
    imported(log, "-o", tmp_path / "runs", "--name", "well")
    verdict = cp.load(tmp_path / "runs" / "well").verdict
    assert verdict.kind == "insufficient_data"
    assert verdict.reason.startswith(
        "Imported from a log, which holds no samples: whether it collapsed cannot be told."
    )
    assert verdict.reason.endswith("No lasting divergence or revolution was found.")
    page = tmp_path / "report.html"
    cp.report(tmp_path / "runs", page)
    assert "whether it collapsed cannot be told" in page.read_text("utf-8")


def test_a_table_with_missing_cells_keeps_what_was_measured_and_flags_what_is_no_number(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    lines = ["iteration;d_loss;g_loss;fid;note"]
    lines += [
        f"{10 * row};{0.5 + row};{'nan' if row > 5 else 0.25};{'' if row % 4 else 30 - row};x" for row in range(12)
    ]
    log.write_text("\ufeff" + "\n".join(lines) + "\n", "utf-8")
    one = imported(log, "-o", tmp_path / "runs", "--name", "table")
    assert (one["counted_by"], one["kept"]) == ("iteration", ["fid"])
    found = cp.load(tmp_path / "runs" / "table")
    assert found.steps.index.tolist() == list(range(0, 120, 10))
    assert found.steps["loss_d"].tolist() == [0.5 + row for row in range(12)]
    assert found.steps["fid"].dropna().to_dict() == {0: 30.0, 40: 26.0, 80: 22.0}
    assert found.verdict.kind == "diverged"
    assert found.verdict.step == 60
    assert [event.severity for event in found.event_list] == ["warning", "critical"]
    assert "edge" not in found.steps or found.steps["edge"].isna().all()
    assert "edge" in one["not_judged"]["revolution"]


def test_rows_of_one_step_are_one_and_the_last_value_counts(tmp_path: Path) -> None:
    log = tmp_path / "metrics.csv"
    log.write_text("step,d_loss,g_loss\n0,1,\n0,,2\n5,3,\n5,4,\n5,,6\n", "utf-8")
    imported(log, "-o", tmp_path / "runs", "--name", "lightning")
    steps = cp.load(tmp_path / "runs" / "lightning").steps
    assert steps[["loss_d", "loss_g"]].to_dict("index") == {
        0: {"loss_d": 1, "loss_g": 2},
        5: {"loss_d": 4, "loss_g": 6},
    }


def test_accuracies_make_an_edge_and_a_log_with_gaps_is_judged_by_rows_only_when_asked(tmp_path: Path) -> None:
    log = tmp_path / "keras.csv"
    rows = [f"{100 * row},0.6,0.9,0.75,0.65" for row in range(80)]
    log.write_text("step,d_loss,g_loss,d_real_acc,d_fake_acc\n" + "\n".join(rows) + "\n", "utf-8")
    one = imported(log, "-o", tmp_path / "runs", "--name", "a")
    assert "--map theirs=canonical_loss_g" in one["not_judged"]["revolution"]
    given = ("--map", "g_loss=canonical_loss_g")
    one = imported(log, "-o", tmp_path / "runs", "--name", "b", *given)
    assert "every 100 steps" in one["not_judged"]["revolution"]
    one = imported(log, "-o", tmp_path / "runs", "--name", "c", "--number-rows", *given)
    assert one["judged"] == ["divergence", "revolution"]
    steps = cp.load(tmp_path / "runs" / "c").steps
    assert steps.index.tolist() == list(range(80))
    np.testing.assert_allclose(steps["edge"], 0.75 + 0.65 - 1, rtol=1e-6)


def test_mean_scores_give_canonical_losses_as_scores_given_by_hand_do(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"D(x)": 0.8, "D(G(z))": 0.3}) + "\n" for _ in range(3)), "utf-8")
    imported(log, "-o", tmp_path / "runs", "--name", "means")
    steps = cp.load(tmp_path / "runs" / "means").steps
    assert steps["canonical_loss_g"].tolist() == pytest.approx([-math.log(0.3)] * 3)
    assert steps["canonical_loss_d"].tolist() == pytest.approx([-math.log(0.8) - math.log(0.7)] * 3)


def test_a_folder_of_tensorboard_is_a_run_for_each_of_its_folders(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    for name in ("a", "b/c"):
        writer = tensorboard.SummaryWriter(tmp_path / "logs" / name)
        for step in range(0, 30, 10):
            writer.add_scalar("Loss/D", 1 / (step + 1), step, walltime=1.7e9 + step)
            writer.add_scalar(f"loss {VILLAIN}", step, step, walltime=1.7e9 + step)
        writer.close()
    result = run(tmp_path / "logs", "-o", tmp_path / "runs")
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["a", "b-c"]
    assert "\x1b" not in result.output and "\u202e" not in result.output
    steps = cp.load(tmp_path / "runs" / "b-c").steps
    np.testing.assert_allclose(steps["loss_d"], [1, 1 / 11, 1 / 21], rtol=1e-6)
    assert steps["time"].tolist() == [1.7e9, 1.7e9 + 10, 1.7e9 + 20]
    assert not np.isnan(steps[f"loss {VILLAIN}"]).any()


def test_nothing_is_written_over_and_one_bad_log_does_not_keep_the_others_out(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("step,loss_d\n0,1\n", "utf-8")
    bad.write_text("1,2\n3,4\n", "utf-8")
    result = run(bad, good, "-o", tmp_path / "runs")
    assert result.exit_code == 4
    assert "no names in its first line" in result.stderr
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["good"]
    before = (tmp_path / "runs" / "good" / "run.json").read_bytes()
    result = run(good, "-o", tmp_path / "runs")
    assert result.exit_code == 2
    assert "there already" in result.stderr
    assert (tmp_path / "runs" / "good" / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("log.csv", "", 4),
        ("log.csv", "step,note\n1,x\n", 4),
        ("log.csv", "a,b\n\x00,\x00\n", 4),
        ("log.jsonl", "nonsense\n[1]\n", 4),
        ("log.jsonl", "[" * 5000, 4),
        ("x.tfevents.1", "nonsense that is long enough", 4),
        ("picture.png", "", 2),
    ],
)
def test_what_is_no_log_is_an_error_in_one_line(name: str, content: str, status: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    result = run(tmp_path / name, "-o", tmp_path / "runs")
    assert result.exit_code == status, result.output
    assert len(result.stderr.splitlines()) == 1
    assert name in result.stderr
    assert not (tmp_path / "runs").exists()
    assert run(tmp_path / "nothing", "-o", tmp_path / "runs").exit_code == 3
    assert run(tmp_path / name, "--map", "a").exit_code == 2


def test_names_of_ours_that_mean_something_else_go_along_under_another_name(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("edge,my_edge,time\n0.5,0.25,3\n", "utf-8")
    one = imported(log, "-o", tmp_path / "runs", "--name", "x", "--map", "my_edge=edge")
    assert set(one["kept"]) == {"edge (log)", "time (log)"}
    steps = cp.load(tmp_path / "runs" / "x").steps
    assert (steps["edge"].item(), steps["edge (log)"].item(), steps["time (log)"].item()) == (0.25, 0.5, 3)
    assert steps["time"].isna().all()


def test_a_line_of_the_log_that_is_damaged_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"step": 0, "g_loss": 1e999}\n{"step": 1, "g_l\n{"step": 2, "g_loss": "NaN", "deep": {"a": 1}}\n', "utf-8"
    )
    one = imported(log, "-o", tmp_path / "runs", "--name", "x")
    assert ["line 2" in problem for problem in one["problems"]] == [True]
    assert (one["rows"], one["kept"]) == (2, ["deep/a"])
    steps = cp.load(tmp_path / "runs" / "x").steps
    assert steps["not_finite"].tolist() == [1, 1]
    assert steps["loss_g"].loc[0] == math.inf
