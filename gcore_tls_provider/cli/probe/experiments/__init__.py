"""How each question is asked: functions that take the account and give findings, in the order in which they run."""

from gcore_tls_provider.cli.probe.experiments import http_behavior as answers
from gcore_tls_provider.cli.probe.experiments import load_balancers, pools, secrets
from gcore_tls_provider.cli.probe.experiments.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    *answers.EXPERIMENTS,
    *secrets.EXPERIMENTS,
    *load_balancers.EXPERIMENTS,
    *pools.EXPERIMENTS,
    *secrets.IN_USE,
    *answers.AT_THE_END,
)
"""In this order: what an experiment makes, the later ones use."""
