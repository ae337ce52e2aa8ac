"""`python -m demonstration [--destroy]`: what `scripts/demo` does once the packages and the engine are there."""

from __future__ import annotations

import shutil
import sys

from bootstrap.places import DEMO, ROOT, STACK_FILE, demo_stack_exists
from bootstrap.processes import exclusive
from bootstrap.reporting import ScriptError, run, say
from demonstration import emulator, stack
from demonstration.certificates import ensure_certificates
from demonstration.configuration import configure
from demonstration.summary import certificate_lines, graph_lines


def main() -> None:
    """Deploys the demo or takes it down; one at a time in a clone."""
    with exclusive(ROOT / "scripts", waiting_for="another `scripts/demo` is at work in this clone", seconds=0):
        if "--destroy" in sys.argv[1:]:
            destroy()
        else:
            deploy()


def deploy() -> None:
    """Brings everything up, shows it, and lets Pulumi confirm that nothing is left to do."""
    DEMO.mkdir(mode=0o700, exist_ok=True)

    say("== Emulator of Gcore's API")
    api = emulator.ensure_running()

    say("== Certificates")
    certificates = ensure_certificates(DEMO / "certificates")

    say("== Pulumi stack and its configuration")
    stack.select()
    configure(api, certificates)

    say("== pulumi up")
    emulator_was_lost = not any(api.object_counts().values()) and stack.has_resources()
    stack.up(refresh=emulator_was_lost)

    outputs = stack.outputs()
    say(f"== What Gcore has now (read from {api.url} with Gcore's own SDK)")
    say("\n".join(graph_lines(api.client(), outputs)))
    say("== Certificates (from the stack's outputs)")
    say("\n".join(certificate_lines(outputs)))

    say("== pulumi preview")
    stack.preview_without_changes()

    say("== Done")
    say("The emulator goes on running. To work on this stack by hand, and to change something:")
    say('    eval "$(scripts/env)"')
    say("    pulumi config set --path 'members[1]' 10.0.0.13")
    say("    pulumi preview --diff")
    say("    pulumi up")
    say("To take everything down:")
    say("    scripts/demo --destroy")


def destroy() -> None:
    """Takes the stack down, shows that the emulator is empty, ends it, and removes what the demo made."""
    DEMO.mkdir(mode=0o700, exist_ok=True)
    if demo_stack_exists():
        say("== Emulator of Gcore's API")
        api = emulator.ensure_running()

        say("== Certificates")
        certificates = ensure_certificates(DEMO / "certificates")

        say("== Pulumi stack and its configuration")
        stack.select()
        configure(api, certificates)

        say("== pulumi destroy")
        stack.destroy()

        say("== What the emulator has now")
        counts = api.object_counts()
        say("\n".join(f"    {kind.replace('_', ' ')}: {count}" for kind, count in counts.items()))
        if any(counts.values()):
            raise ScriptError(
                "the emulator still has objects that the stack didn't know. Look at them at "
                f"{api.url}/_emulator/state; to throw all away, run `scripts/demo --destroy` once more."
            )
    emulator.stop()
    shutil.rmtree(DEMO)
    STACK_FILE.unlink(missing_ok=True)
    say("== Done: the emulator is stopped, and .demo is removed")
    say("Leave the shells in which you evaluated scripts/env: what they point to is gone.")


run(main)
