"""Findings about content that cannot be parsed, or whose parts do not belong together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.table import Code, Message, single

_ONLY_NEEDED: Final = "Give only the certificates, keys or CRLs that this load balancer needs."
_SMALLER_KEY: Final = (
    "Use an EC P-256 key (`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`), or RSA with 2048 to 4096 "
    "bits."
)
_USUAL_ENCRYPTION: Final = (
    "Write the file again with the default settings: `openssl pkcs8 -topk8 -in FILE -out NEW` for a key, "
    "`openssl pkcs12 -export -inkey KEY -in CHAIN -out NEW` for PKCS12."
)
_COPY_AGAIN: Final = "Copy the file again, unchanged from its first to its last line."
_EXPORT_AGAIN: Final = "Export the file again: `openssl pkcs12 -export -inkey KEY -in CHAIN -out NEW`."
_REMOVE_KEY: Final = "Remove the key. If it was ever stored or shared like this, replace it."
_COMPARE_KEYS: Final = (
    "Give the matching key: `openssl x509 -noout -pubkey -in CERTIFICATE` and `openssl pkey -pubout -in KEY` must "
    "agree."
)
_CHECK_PKCS12: Final = "Check both with `openssl pkcs12 -noout -in FILE`."
_CHECK_KEY: Final = "Check both with `openssl pkey -noout -in FILE`."
_TRY_PASSWORDS: Final = (
    "Check with `openssl pkcs12 -noout -in FILE`, or for a private key `openssl pkey -noout -in FILE`."
)
_GIVE_PASSWORD: Final = "Add --password-file FILE, or set the environment variable {variable}."
_SECRET: Final = 'Run `pulumi config set --secret NAME`, and write {property}=pulumi.Config().require_secret("NAME")'

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "EMPTY": Code(
            "no text, or only white space",
            {
                "file": Message(
                    "The file {file} is empty.", "Check that the step that writes it has run: `ls -l {file}`."
                ),
                "text": Message(
                    "{property} is empty.", 'Give {expected} as PEM text, or read a file with from_file("PATH").'
                ),
            },
        ),
        "TOO_LARGE": Code(
            "larger than this package reads",
            {
                "file": Message("The file {file} is larger than {limit} bytes.", _ONLY_NEEDED),
                "text": Message("{property} is longer than {limit} characters.", _ONLY_NEEDED),
                "certificates": Message(
                    "{property} contains {count} certificates, and at most {limit} are read.",
                    "Export the file again with only the certificate and its chain: `openssl pkcs12 -export -inkey KEY "
                    "-in CHAIN -out NEW`.",
                ),
                "key": Message("{property} contains a private key of more than {limit} bytes.", _SMALLER_KEY),
                "numbers": Message("{property} contains numbers of more than {limit} bits.", _SMALLER_KEY),
                "elements": Message("{property} contains more than {limit} ASN.1 elements.", _ONLY_NEEDED),
            },
        ),
        "TOO_MANY_BLOCKS": Code(
            "more PEM blocks than this package reads",
            single("{property} contains more than {limit} PEM blocks.", _ONLY_NEEDED),
        ),
        "KEY_DERIVATION_TOO_EXPENSIVE": Code(
            "an encryption that takes too long, or too much memory, to open",
            {
                "rounds": Message(
                    "The encryption of {property} needs more than {limit} rounds of hashing.", _USUAL_ENCRYPTION
                ),
                "memory": Message(
                    "The encryption of {property} needs more than {limit} MiB of memory.", _USUAL_ENCRYPTION
                ),
            },
        ),
        "FILE_NOT_FOUND": Code(
            "`from_file` found no file",
            single(
                "The file {file} does not exist.",
                "Correct the path. A relative path starts in the folder that the program runs in.",
            ),
        ),
        "FILE_UNREADABLE": Code(
            "`from_file` cannot read the file",
            single(
                "The file {file} cannot be read: {reason}.",
                "Give a regular file that the user who runs the program can read: `ls -l {file}`.",
            ),
        ),
        "MATERIAL_AS_PATH": Code(
            "`from_file` got content instead of a path",
            single(
                "from_file was called with the content of a file instead of its path.",
                "Pass the text itself as the argument, without from_file.",
            ),
        ),
        "NOT_PEM": Code(
            "neither PEM text nor base64",
            {
                "path": Message(
                    "{property} is the path of a file, not its content.", 'Read the file: from_file("PATH").'
                ),
                "text": Message(
                    "{property} is neither PEM text nor base64 of a binary file.",
                    'Give {expected} as PEM text with its BEGIN and END lines, or read a file with from_file("PATH").',
                ),
                "file": Message(
                    "{property} is neither PEM, DER nor PKCS12.",
                    "Leave the file out, or convert it: `openssl x509 -in FILE -out NEW` writes a certificate as PEM.",
                ),
            },
        ),
        "DOUBLE_BASE64": Code(
            "base64 of base64",
            single("{property} is base64 of base64.", "Remove one of the two encodings: `base64 -d FILE`."),
        ),
        "TRUNCATED": Code(
            "the end is missing",
            {
                "binary": Message(
                    "{property} is cut off: the end of its binary content is missing.",
                    "Copy the file again, complete and in binary mode.",
                ),
                "block": Message(
                    "Block {number} of {property} ({der_type}) is cut off: its last lines are missing.", _COPY_AGAIN
                ),
                "end_line": Message(
                    "Block {number} of {property} has a BEGIN line, but no END line that matches it.", _COPY_AGAIN
                ),
            },
        ),
        "BROKEN_BLOCK": Code(
            "damaged inside, or the beginning is missing",
            {
                "content": Message(
                    "Block {number} of {property} ({der_type}) is damaged: its content is not base64.", _COPY_AGAIN
                ),
                "begin_line": Message(
                    "Block {number} of {property} has an END line, but no BEGIN line.",
                    "Copy the file again, with its first line and the five dashes on both sides of it.",
                ),
                "line_break": Message(
                    "The first line of {property} is damaged: it contains a line break.", _COPY_AGAIN
                ),
            },
        ),
        "NOT_A_CERTIFICATE": Code(
            "something else in the place of a certificate",
            {
                "request": Message(
                    "{property} contains a certificate signing request, where only certificates belong.",
                    "Give the certificate that the CA issued for this request.",
                ),
                "pkcs7": Message(
                    "{property} contains a PKCS7 bundle, where only certificates belong.",
                    "Convert it: `openssl pkcs7 -print_certs -in FILE -out NEW`.",
                ),
                "pkcs12": Message(
                    "{property} contains a PKCS12 file, where only certificates belong.",
                    "Give it as pkcs12, or convert it: `openssl pkcs12 -nokeys -in FILE -out NEW`.",
                ),
                "other": Message(
                    "{property} contains {found}, where only certificates belong.",
                    "Give only certificates, as PEM text.",
                ),
            },
        ),
        "NOT_A_REVOCATION_LIST": Code(
            "something else in the place of a CRL",
            single(
                "{property} contains {found}, where only CRLs belong.",
                "Give the CRL that the CA publishes, as PEM or DER. A certificate here would stop all traffic.",
            ),
        ),
        "NOT_A_PRIVATE_KEY": Code(
            "something else in the place of a private key",
            {
                "openssh": Message(
                    "{property} contains a private key in OpenSSH's own format.",
                    "Convert a copy of the file: `ssh-keygen -p -m PKCS8 -f COPY`.",
                ),
                "other": Message(
                    "{property} contains {found}, and no private key.",
                    "Give the private key that the certificate was issued for, as PEM text.",
                ),
            },
        ),
        "NOT_PKCS12": Code(
            "something else in the place of a PKCS12 file",
            single(
                "{property} contains {found}, not a PKCS12 file.",
                'Read the .p12 or .pfx file with from_file("PATH"), or give PEM texts as certificate and private_key.',
            ),
        ),
        "PRIVATE_KEY_IN_CERTIFICATE": Code(
            "a private key in the place of a certificate",
            {
                "certificates": Message(
                    "{property} contains a private key, where only certificates belong.", _REMOVE_KEY
                ),
                "ca": Message(
                    "{property} contains the private key of a CA next to its certificate.",
                    "Remove the key: a load balancer needs only the certificate. If the key was ever stored or shared "
                    "like this, replace it.",
                ),
            },
        ),
        "PRIVATE_KEY_IN_REVOCATION_LIST": Code(
            "a private key in the place of a CRL",
            single("{property} contains a private key, where only CRLs belong.", _REMOVE_KEY),
        ),
        "MALFORMED_CERTIFICATE": Code(
            "a certificate that cannot be parsed",
            {
                "numbered": Message(
                    "Certificate {number} of {property} cannot be parsed: {reason}.",
                    "Compare with `openssl x509 -noout -text -in FILE`, and copy or issue the certificate again.",
                ),
                "pkcs12": Message(
                    "A certificate in {property} cannot be parsed: {reason}.", "Issue the certificate again."
                ),
            },
        ),
        "MALFORMED_REVOCATION_LIST": Code(
            "a CRL that cannot be parsed",
            single(
                "CRL {number} of {property} cannot be parsed: {reason}.",
                "Compare with `openssl crl -noout -text -in FILE`, and download the CRL from its CA again.",
            ),
        ),
        "MALFORMED_PRIVATE_KEY": Code(
            "a private key that cannot be parsed",
            {
                "damaged": Message(
                    "The private key in {property} cannot be parsed.",
                    "Check it with `openssl pkey -noout -check -in FILE`, and copy the file again.",
                ),
                "encryption": Message(
                    "The private key in {property} uses an encryption that is not supported.",
                    "Write it again: `openssl pkcs8 -topk8 -in FILE -out NEW`.",
                ),
            },
        ),
        "MALFORMED_PKCS12": Code(
            "a PKCS12 file that cannot be parsed",
            {
                "damaged": Message(
                    "{property} is damaged: it starts like a PKCS12 file, but cannot be parsed.",
                    "Copy the file again, in binary mode.",
                ),
                "encryption": Message("{property} uses an encryption that is not supported.", _EXPORT_AGAIN),
            },
        ),
        "KEY_MISSING": Code(
            "a PKCS12 file without a private key",
            single("{property} contains certificates, but no private key.", _EXPORT_AGAIN),
        ),
        "CERTIFICATE_MISSING": Code(
            "a private key, or a listener, without its certificate",
            {
                "pkcs12": Message("{property} contains a private key, but no certificate.", _EXPORT_AGAIN),
                "file": Message(
                    "{property} contains a private key, but no certificate.",
                    "Give the certificate as --{role}, and the key without an option or as --key.",
                ),
                "listener": Message(
                    "A listener of protocol TERMINATED_HTTPS needs a certificate.",
                    "Set `certificate`, or at least one of `sni_certificates`.",
                ),
            },
        ),
        "SEVERAL_KEYS": Code(
            "more than one private key",
            {
                "pem": Message(
                    "{property} contains {count} private keys.",
                    "Keep only the one that the certificate was issued for.",
                ),
                "pkcs12": Message(
                    "{property} contains {count} private keys.",
                    "Export the file again with only the key that the certificate was issued for: `openssl pkcs12 "
                    "-export -inkey KEY -in CHAIN -out NEW`.",
                ),
            },
        ),
        "KEY_MISMATCH": Code(
            "the private key matches none of the certificates",
            {
                "one": Message(
                    "The private key in {property} does not match the certificate '{subject}'.", _COMPARE_KEYS
                ),
                "several": Message(
                    "The private key in {property} matches none of the {count} certificates, the first of which is "
                    "'{subject}'.",
                    _COMPARE_KEYS,
                ),
                "files": Message(
                    "The private key in {property} matches none of the certificates that were given.", _COMPARE_KEYS
                ),
                "same_file": Message(
                    "The private key in {property} matches none of the certificates in the same file.", _COMPARE_KEYS
                ),
            },
        ),
        "UNSUPPORTED_KEY": Code(
            "a type of key that Gcore rejects",
            single(
                "{property} contains a private key of type {key_type}, which Gcore's load balancers reject.",
                "Issue the certificate for an EC P-256 or RSA key: `openssl genpkey -algorithm EC -pkeyopt "
                "ec_paramgen_curve:P-256`.",
            ),
        ),
        "PASSPHRASE_MISSING": Code(
            "an encrypted private key without its passphrase",
            {
                "argument": Message(
                    "The private key in {key_property} is encrypted, and {property} is not set.",
                    f"{_SECRET}; or decrypt the key with `openssl pkey -in FILE -out NEW`.",
                ),
                "file": Message("{property} is encrypted, and no password was given.", _GIVE_PASSWORD),
            },
        ),
        "PASSPHRASE_WRONG": Code(
            "an encrypted private key with the wrong passphrase",
            {
                "argument": Message("{property} does not decrypt the private key in {key_property}.", _CHECK_KEY),
                "white_space": Message(
                    "{property} does not decrypt the private key in {key_property}; it starts or ends with white "
                    "space.",
                    "Remove the white space: passwords in files often have a line break at the end.",
                ),
                "file": Message("The password that was given does not open {property}.", _TRY_PASSWORDS),
                "files": Message("None of the {count} passwords that were given opens {property}.", _TRY_PASSWORDS),
            },
        ),
        "PASSWORD_MISSING": Code(
            "a PKCS12 file without its password",
            {
                "argument": Message(
                    "{pkcs12_property} needs a password, and {property} is not set.",
                    f"{_SECRET}. If the file has no password, it is damaged: copy it again.",
                ),
                "file": Message("{property} is encrypted, and no password was given.", _GIVE_PASSWORD),
            },
        ),
        "PASSWORD_WRONG": Code(
            "a PKCS12 file with the wrong password",
            {
                "argument": Message(
                    "{property} does not open {pkcs12_property}.",
                    f"{_CHECK_PKCS12} Remove {{property}} if the file has no password.",
                ),
                "white_space": Message(
                    "{property} does not open {pkcs12_property}; it starts or ends with white space.",
                    "Remove the white space: passwords in files often have a line break at the end.",
                ),
                "file": Message("The password that was given does not open {property}.", _TRY_PASSWORDS),
                "files": Message("None of the {count} passwords that were given opens {property}.", _TRY_PASSWORDS),
            },
        ),
        "PKCS12_AND_PEM": Code(
            "a PKCS12 file together with PEM",
            single(
                "{property} is set together with pkcs12, which already contains the certificate, its chain and key.",
                "Remove {property}, or remove pkcs12.",
            ),
        ),
        "MATERIAL_MISSING": Code(
            "half of the content, or all of it, is not given",
            {
                "all": Message(
                    "Neither a certificate with its private key nor a PKCS12 file is given.",
                    "Set certificate and private_key, or set pkcs12.",
                ),
                "half": Message(
                    "{property} is not set.", "Set {property}: TLS needs the certificate and its private key."
                ),
            },
        ),
    }
)
"""Codes of this area."""
