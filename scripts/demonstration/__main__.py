"""Second part of `scripts/demo`, which needs the packages and the engine: `python -m demonstration [--destroy]`."""

from __future__ import annotations

import shutil
import sys

from bootstrap.places import DEMO, ROOT, STACK_FILE, demo_stack_exists
from bootstrap.processes import exclusive
from bootstrap.reporting import ScriptError, print_line, run
from demonstration import backends, emulator, stack
from demonstration.backends import ADDRESSES, PORT, Backends
from demonstration.certificates import BackendKind, backend_files, ensure_certificates
from demonstration.configuration import configure
from demonstration.summary import certificate_lines, graph_lines
from demonstration.traffic import Traffic, prepare_traffic


def main() -> None:
    """Deploy or remove the demo. Only one run at a time in a clone."""
    with exclusive(ROOT / "scripts", waiting_for="another `scripts/demo` is running in this clone", seconds=0):
        if "--destroy" in sys.argv[1:]:
            destroy()
        else:
            deploy()


def deploy() -> None:
    """Deploy the demo, show it, preview that it needs no changes, and send requests through it."""
    DEMO.mkdir(mode=0o700, exist_ok=True)

    print_line("== HAProxy, which carries the traffic")
    without_traffic = prepare_traffic()

    print_line("== Emulator of Gcore's API")
    api = emulator.ensure_running(with_data_plane=without_traffic is None)

    print_line("== Certificates")
    certificates = ensure_certificates(DEMO / "certificates")

    if without_traffic is None:
        print_line("== Backends, which demand a client certificate")
        servers = Backends(backend_files(DEMO / "certificates"))
        running = servers.ensure(BackendKind.good)
        print_line(f"      {running.program}, process {running.pid}, on port {PORT} of {', '.join(ADDRESSES)}")

    print_line("== Pulumi stack and its configuration")
    stack.select()
    configure(api, certificates)

    print_line("== pulumi up")
    # The user removed the emulator's state: an emulator of another version requires that.
    emulator_was_lost = not any(api.object_counts().values()) and stack.has_resources()
    stack.up(refresh=emulator_was_lost)

    outputs = stack.outputs()
    print_line(f"== Objects in the API (read from {api.url} with Gcore's SDK)")
    print_line("\n".join(graph_lines(api.client(), outputs)))
    print_line("== Certificates (from the stack's outputs)")
    print_line("\n".join(certificate_lines(outputs)))

    print_line("== pulumi preview")
    stack.preview_without_changes()

    print_line("== Requests through the load balancer")
    if without_traffic is None:
        traffic = Traffic(api, outputs, servers, DEMO / "certificates" / "ca.pem")
        traffic.show()
        by_hand = traffic.curl()
    else:
        print_line(f"      no requests: {without_traffic}")
        by_hand = None

    print_line("== Done")
    print_line("The emulator and the backends keep running. To change this stack yourself:")
    print_line('    eval "$(scripts/env)"')
    print_line(f"    pulumi config set --path 'members[2]' {ADDRESSES[2]}")
    print_line("    pulumi preview --diff")
    print_line("    pulumi up")
    if by_hand is not None:
        print_line("To send a request yourself:")
        print_line(f"    {by_hand}")
    print_line(f"To see a diagram, open {api.url}")
    print_line("To remove everything:")
    print_line("    scripts/demo --destroy")


def destroy() -> None:
    """Destroy the stack, show that the emulator is empty, stop it and the backends, and remove all files."""
    DEMO.mkdir(mode=0o700, exist_ok=True)
    if demo_stack_exists():
        print_line("== Emulator of Gcore's API")
        api = emulator.ensure_running(with_data_plane=False)

        print_line("== Certificates")
        certificates = ensure_certificates(DEMO / "certificates")

        print_line("== Pulumi stack and its configuration")
        stack.select()
        configure(api, certificates)

        print_line("== pulumi destroy")
        stack.destroy()

        print_line("== Objects in the emulator")
        counts = api.object_counts()
        print_line("\n".join(f"    {kind.replace('_', ' ')}: {count}" for kind, count in counts.items()))
        if any(counts.values()):
            raise ScriptError(
                "the emulator still has objects that are not in the stack. They are listed at "
                f"{api.url}/_emulator/state. To remove them all, run `scripts/demo --destroy` again."
            )
    backends.stop()
    emulator.stop()
    shutil.rmtree(DEMO)
    STACK_FILE.unlink(missing_ok=True)
    print_line("== Done: the emulator and the backends are stopped, and .demo is removed")
    print_line("Close the shells in which you evaluated scripts/env: their variables point to removed folders.")


run(main)
