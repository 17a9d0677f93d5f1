"""Libraries that fitting needs, imported at a moment of our choosing."""


def import_libraries() -> None:
    """Import them all.

    They are imported where they are used, since they take a second. But an import may run anybody's code: where the
    package `rich` is installed, that of scikit-learn draws from Python's global random numbers. So this is to be called
    in the training's own thread, with random states kept, before the worker's thread comes to need them.
    """
    import sklearn.cluster
    import sklearn.mixture  # noqa: F401
