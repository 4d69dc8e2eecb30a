"""Fitting the models of engage/triage/models from a folder of labelled texts: `python -m workers.training`."""
