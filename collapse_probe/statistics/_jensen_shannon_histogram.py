"""Jensen-Shannon divergence between two histograms."""

from typing import Any

from scipy.special import xlogy

from ._histograms import as_histograms


def jensen_shannon_histogram(*, generated: Any, real: Any) -> float:
    """How different two histograms are bin by bin; its root is the Jensen-Shannon distance.

    KL(q | m) / 2 + KL(p | m) / 2 with m = (p + q) / 2, after each is divided by its sum. Where the supports do not
    meet it is ln 2, however far apart they are: it has no gradient there, which is what holds the generator
    of a plain GAN still when the discriminator is perfect. `wasserstein_histogram` still tells near from far.

    Shapes: generated (k,), real (k,), masses or counts in the same bins; a float. For samples on a line, count them
        with `numpy.histogram(x, bins=edges)`, with edges from real data.
    Formula: sum_i q_i ln(q_i / m_i) / 2 + sum_i p_i ln(p_i / m_i) / 2, m = (p + q) / 2, q and p = generated and real
        masses over their sums, 0 ln 0 = 0.
    Unit: nats, from 0 to ln 2 = 0.6931; less is better.
    Undefined: never.
    Cost: k.
    Errors: `InvalidArgument` for masses that are negative, not finite or all 0, and for other numbers of bins.
    Source: Lin, IEEE Transactions on Information Theory 1991, https://doi.org/10.1109/18.61115; for the
        gradient, Arjovsky, Chintala and Bottou, Wasserstein GAN, 2017, https://arxiv.org/abs/1701.07875.

    >>> from collapse_probe import statistics
    >>> round(statistics.jensen_shannon_histogram(generated=[0, 1, 0, 0], real=[1, 0, 0, 0]), 4)  # ln 2
    0.6931
    >>> round(statistics.jensen_shannon_histogram(generated=[0, 0, 0, 1], real=[1, 0, 0, 0]), 4)  # thrice as far
    0.6931
    """
    ours, theirs = as_histograms(generated, real)
    p, q = theirs / theirs.sum(), ours / ours.sum()
    # Each share by itself over the mean: where the mean is 0, so is the share.
    mean = (p + q) / 2
    safe = mean + (mean == 0)
    divergence = (xlogy(p, p / safe).sum() + xlogy(q, q / safe).sum()) / 2
    # Rounding may leave it a hair below 0.
    return max(0.0, float(divergence))
