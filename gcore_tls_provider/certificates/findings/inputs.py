"""Findings about mistakes in a program's arguments.

Validators do not know the location of a value, so no message here depends on `{property}` unless a rule reports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.table import Code, Message, single

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "PROPERTY_MISSING": Code(
            "a required property is not set", single("This property is required, and it is not set.", "Set it.")
        ),
        "PROPERTY_UNKNOWN": Code(
            "a property that does not exist",
            single("There is no property of this name.", "Correct its spelling, or remove it."),
        ),
        "PROPERTY_INVALID": Code(
            "a value that is not allowed",
            {
                "choice": Message("The value is not one of the allowed ones.", "Write {expected}."),
                "value": Message("The value is not valid: {reason}.", "Correct the value."),
            },
        ),
        "NAME_INVALID": Code(
            "a name that Gcore rejects",
            single(
                "{value} is not a name that Gcore accepts.",
                "Use 3 to 63 letters, digits, spaces, dots, underscores or hyphens, starting with a letter or digit.",
            ),
        ),
        "NOT_AN_ID": Code(
            "not the ID of an object",
            single(
                "{value} is not the ID of a Gcore object.",
                "Give the object's UUID, for example 0b6d3a0c-5e4f-4f4e-9d0a-3d1f6c0e8a11.",
            ),
        ),
        "NOT_AN_ADDRESS": Code(
            "not an IP address",
            single("{value} is not an IP address.", "Give an IPv4 or IPv6 address, not a host name."),
        ),
        "NOT_A_NETWORK": Code(
            "not a network",
            single("{value} is not a network.", "Write it in CIDR notation without host bits: 203.0.113.0/24."),
        ),
        "NOT_A_TIME": Code(
            "not a date and time", single("The value is not a time in ISO 8601.", "Write it as 2027-12-31T00:00:00Z.")
        ),
        "NOT_BASE64": Code(
            "not base64",
            single("The value is empty or not base64.", "Give base64 of the payload's bytes: `base64 -w0 FILE`."),
        ),
        "TEXT_AND_BASE64": Code(
            "a content type that Gcore rejects together with base64",
            single(
                "Gcore rejects the content type text/plain for a payload in base64.",
                "Remove payload_content_type: the default, application/octet-stream, is right for certificates.",
            ),
        ),
        "COOKIE_NAME": Code(
            "a cookie name that does not fit the type of session persistence",
            {
                "missing": Message(
                    "Session persistence of type APP_COOKIE needs the name of the application's cookie.",
                    "Set cookie_name.",
                ),
                "unused": Message(
                    "cookie_name is set, and session persistence of type {persistence_type} has no use for it.",
                    "Remove cookie_name, or set the type to APP_COOKIE.",
                ),
            },
        ),
        "CLIENT_AUTHENTICATION": Code(
            "certificates required from clients, which Gcore does not support",
            single(
                "Gcore's load balancers cannot request certificates from clients: mutual TLS exists only between the "
                "load balancer and its backends.",
                "Remove client_authentication. To authenticate clients by certificate, pass TLS through to backends "
                "that do so: set protocol to HTTPS or TCP.",
            ),
        ),
        "CERTIFICATE_UNUSED": Code(
            "a certificate on a listener that presents none",
            single(
                "A listener of protocol {protocol} presents no certificate.",
                "Remove {argument}, or set protocol to TERMINATED_HTTPS.",
            ),
        ),
        "POOL_WITHOUT_LOAD_BALANCER": Code(
            "a pool without a load balancer",
            single(
                "The pool belongs to no load balancer.",
                "Set `listener`, or `load_balancer`; only a pool with a listener gets traffic.",
            ),
        ),
        "CRL_WITHOUT_CA": Code(
            "a CRL without its CA",
            single("A CRL is given without its CA, which Gcore rejects.", "Set `ca` too, or remove `crl`."),
        ),
        "NOTHING_ATTACHED": Code(
            "a TLS attachment without CA and client certificate",
            single(
                "Neither a CA nor a client certificate is given, so backends would not be verified.",
                "Set `ca`, and `client_certificate` for mutual TLS.",
            ),
        ),
        "DUPLICATE_MEMBER": Code(
            "a member given twice",
            single(
                "{address}:{port} is a member {count} times, and Gcore accepts it only once.",
                "Keep one of them. To send it more traffic, raise its weight.",
            ),
        ),
        "MONITOR_TIMEOUT": Code(
            "a probe that can last longer than the time between two",
            single(
                "The timeout of {timeout} s is not less than the delay of {delay} s.",
                "Set timeout to less than {delay}.",
            ),
        ),
        "MONITOR_HTTP_ONLY": Code(
            "a setting of HTTP probes on a health monitor of another type",
            single(
                "A health monitor of type {monitor_type} has no {names}.", "Remove {names}, or set the type to HTTP."
            ),
        ),
        "VIP_GIVEN_TWO_WAYS": Code(
            "a VIP defined in two ways",
            single(
                "vip_port_id and vip_network_id are both set, and each of them determines the VIP.",
                "Remove one of the two.",
            ),
        ),
        "VIP_SUBNET_ALONE": Code(
            "a subnet without its network",
            single("Gcore ignores vip_subnet_id without vip_network_id.", "Set vip_network_id too."),
        ),
        "FLOATING_IP_ID": Code(
            "a floating IP whose source and ID do not fit",
            {
                "missing": Message(
                    "A floating IP of source `existing` needs its ID.",
                    "Set existing_floating_id, or set source to `new`.",
                ),
                "unused": Message(
                    "A floating IP of source `new` cannot have an ID yet.",
                    "Remove existing_floating_id, or set source to `existing`.",
                ),
            },
        ),
        "NOT_A_NAMESPACE": Code(
            "not a namespace of the stack's configuration",
            single(
                "The value is not a namespace of the stack's configuration.",
                "Give the part before the colon: gcore-eu for gcore-eu:apiKey.",
            ),
        ),
        "PROVIDER_CONFIG_UNUSABLE": Code(
            "a provider config with a value that cannot be used",
            single("{reason}", "Correct the value with `pulumi config set`."),
        ),
        "PROVIDER_CONFIG_UNKNOWN": Code(
            "a provider config that is not in the stack's configuration",
            single(
                "The stack's configuration has no values in the namespace '{namespace}' (environment variables do not "
                "apply to a named provider config).",
                "Correct the name, or run `pulumi config set {namespace}:projectId ID`, `pulumi config set "
                "{namespace}:regionId ID` and `pulumi config set --secret {namespace}:apiKey KEY`.",
            ),
        ),
        "DEPENDENCY_HAS_ERRORS": Code(
            "a resource that refers to another one with errors",
            {
                "one": Message("Depends on {names}, which has errors (shown above).", "Fix those first."),
                "several": Message("Depends on {names}, which have errors (shown above).", "Fix those first."),
            },
        ),
        "CODE_UNKNOWN": Code(
            "`accept_findings` names a code that does not exist",
            single(
                "There is no finding with the code {name}.",
                "Copy the code from the brackets at the end of the finding, or remove {name}.",
            ),
        ),
        "CODE_NOT_ACCEPTABLE": Code(
            "`accept_findings` names a code that cannot be accepted",
            single("{name} cannot be accepted: {meaning}.", "Fix the cause, and remove {name}."),
        ),
        "REASON_MISSING": Code(
            "`accept_findings` gives no reason",
            single(
                "{name} is accepted without a reason.",
                "Write the reason after the code: reviewers of the preview see it.",
            ),
        ),
    }
)
"""Codes of this area."""
