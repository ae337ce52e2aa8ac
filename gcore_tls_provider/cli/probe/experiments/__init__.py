"""Experiments that find out behavior options: functions from an account to findings, in the order in which they run."""

from gcore_tls_provider.cli.probe.experiments import http_behavior, load_balancers, pools, secrets
from gcore_tls_provider.cli.probe.experiments.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    *http_behavior.EXPERIMENTS,
    *secrets.EXPERIMENTS,
    *load_balancers.EXPERIMENTS,
    *pools.EXPERIMENTS,
    *secrets.IN_USE,
    *http_behavior.AT_THE_END,
)
"""All experiments, in an order in which later ones use the objects of earlier ones."""
