"""Usual names are recognised, and those that mislead are not."""

import pytest

from collapse_probe._logs._names import recognised
from collapse_probe.errors import InvalidArgument


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["errD", "errG", "D(x)", "D(G(z))"],
            {"loss_d": "errD", "loss_g": "errG", "d_real": "D(x)", "d_fake": "D(G(z))"},
        ),
        (["train/d_loss", "train/g_loss"], {"loss_d": "train/d_loss", "loss_g": "train/g_loss"}),
        (["Discriminator Loss", "Generator Loss"], {"loss_d": "Discriminator Loss", "loss_g": "Generator Loss"}),
        (["run-1 - loss_critic", "run-1 - lr"], {"loss_d": "run-1 - loss_critic"}),
        (["G_GAN", "G_L1", "D_real", "D_fake"], {"loss_g": "G_GAN"}),
        (["D_real", "D_fake"], {"d_real": "D_real", "d_fake": "D_fake"}),
        (["Loss/G/loss"], {"loss_g": "Loss/G/loss"}),
        (["d_real_acc", "d_fake_acc"], {"accuracy_real": "d_real_acc", "accuracy_fake": "d_fake_acc"}),
        (["loss", "lr", "fid", "epoch", "val_loss", "dloss_rate"], {}),
    ],
)
def test_names_of_common_programs(names: list[str], expected: dict[str, str]) -> None:
    assert recognised(names) == expected


def test_stylegans_losses_are_the_canonical_ones() -> None:
    found = recognised(["Loss/scores/fake", "Loss/scores/real", "Loss/G/loss", "Loss/D/loss", "Loss/signs/fake"])
    assert found["canonical_loss_g"] == found["loss_g"] == "Loss/G/loss"
    assert found["canonical_loss_d"] == found["loss_d"] == "Loss/D/loss"
    assert (found["d_fake"], found["sign_fake"]) == ("Loss/scores/fake", "Loss/signs/fake")


def test_what_is_given_goes_first_and_may_mean_two_things() -> None:
    found = recognised(["a", "g_loss", "d_loss"], [("a", "loss_d"), ("g_loss", "canonical_loss_g")])
    assert found == {"loss_d": "a", "loss_g": "g_loss", "canonical_loss_g": "g_loss"}


@pytest.mark.parametrize(
    ("theirs", "ours", "said"), [("a", "loss_x", "loss_d, loss_g"), ("b", "loss_d", "it has a, c")]
)
def test_a_wrong_pair_is_refused_with_what_there_is(theirs: str, ours: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        recognised(["a", "c"], [(theirs, ours)])
