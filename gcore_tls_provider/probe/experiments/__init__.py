"""How each question is asked: functions that take the account and give findings, in the order in which they run."""

from gcore_tls_provider.probe.experiments import answers, load_balancers, pools, secrets
from gcore_tls_provider.probe.experiments.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    *answers.EXPERIMENTS,
    *secrets.EXPERIMENTS,
    *load_balancers.EXPERIMENTS,
    *pools.EXPERIMENTS,
    *secrets.IN_USE,
    *answers.AT_THE_END,
)
"""In this order: what an experiment makes, the later ones use."""
