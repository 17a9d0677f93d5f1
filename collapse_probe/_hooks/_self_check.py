"""Was the loop understood? One line when it was, one trouble when it was not."""

from dataclasses import dataclass


@dataclass
class Seen:
    """What the hooks saw so far."""

    has_discriminator: bool
    generator_calls: int = 0
    discriminator_calls: int = 0
    steps: int = 0
    d_updates: int = 0
    other_updates: int = 0
    """Updates of optimizers that hold parameters of neither network."""
    judged_samples: int = 0
    """Generator updates whose gradient came through the discriminator's scores of generated samples."""
    recognised_samples: int = 0
    """Generator updates whose discriminator call was handed the very batch that the generator returned."""
    pooled_batches: int = 0
    polls: int = 0
    """Times that the loop logged something, or asked whether to stop."""
    changed: bool = False
    """The networks' parameters are others than at first."""


_LOOK_AFTER = 50
# A critic may be trained alone for a long while before the generator's first update, and others may train first.
_WAIT_FOR_GENERATOR = 1000


_COMPILED = "attach before a step function is compiled, and the modules that your optimizers train"


def trouble(seen: Seen, *, at_the_end: bool = False, after: int = _LOOK_AFTER) -> str | None:
    """What of the loop is not understood after 50 updates, and which option or change resolves it; None if all is well.

    >>> trouble(Seen(has_discriminator=True, discriminator_calls=99, d_updates=99))  # doctest: +ELLIPSIS
    'the generator was never called, though optimizers stepped; ...'
    """
    if max(seen.steps, seen.d_updates) >= _LOOK_AFTER and not seen.generator_calls:
        return (
            "the generator was never called, though optimizers stepped; attach the module whose call returns the "
            "samples (for StyleGAN G.synthesis), before a step function is compiled"
        )
    waited = _LOOK_AFTER if at_the_end else _WAIT_FOR_GENERATOR
    if not seen.steps and max(seen.d_updates, seen.other_updates) >= waited:
        return "no optimizer updated the generator's parameters; attach the modules that your optimizers train"
    if not seen.steps and not seen.d_updates and seen.changed and (at_the_end or seen.polls >= _LOOK_AFTER):
        return f"nothing was seen of the loop, though the networks have changed; {_COMPILED}"
    if seen.steps < after:
        return None
    if not seen.pooled_batches:
        return (
            "no samples could be taken from what the generator returns; pass sample=..., a callable that picks a "
            "batch (n, ...) out of its output"
            + (
                ", unless the order should be attach(G, D)"
                if seen.has_discriminator and not seen.judged_samples
                else ""
            )
        )
    if not seen.has_discriminator:
        return None
    if not seen.discriminator_calls:
        return "the discriminator was never called; attach the module whose call returns the scores"
    if not seen.d_updates:
        return "no optimizer updated the discriminator's parameters; pass the module that its optimizer trains"
    if not seen.judged_samples:
        return (
            "no generator update came from the discriminator's scores of generated samples, so real and fake cannot be "
            "told apart; is the order attach(G, D)? Else pass score=..., a callable that picks the scores"
        )
    return None
