"""Paths from a backend to a CA: intermediates, cross certificates, old and new CAs."""

from __future__ import annotations

from tests.certificates.agreement.case import EARLIER, Case, ca, case, server


@case("another CA", "BACKEND_NOT_TRUSTED")
def _other_ca() -> Case:
    return Case(server(ca("Other")), [ca("Root")])


@case("another CA of the same name", "BACKEND_NOT_TRUSTED")
def _other_ca_with_same_name() -> Case:
    return Case(server(ca("Root")), [ca("Root")])


@case("self-signed", "BACKEND_NOT_TRUSTED")
def _self_signed() -> Case:
    return Case(server(), [ca("Root")])


@case("intermediate sent")
def _intermediate_sent() -> Case:
    root = ca("Root")
    intermediate = ca("Intermediate", root)
    return Case(server(intermediate), [root], [intermediate])


@case("two intermediates sent in wrong order, and the root")
def _wrong_order() -> Case:
    root = ca("Root")
    upper = ca("Upper", root)
    lower = ca("Lower", upper)
    return Case(server(lower), [root], [root, upper, lower])


@case("intermediate not sent", "BACKEND_NOT_TRUSTED")
def _intermediate_not_sent() -> Case:
    root = ca("Root")
    return Case(server(ca("Intermediate", root)), [root])


@case("intermediate in the bundle")
def _intermediate_in_bundle() -> Case:
    root = ca("Root")
    intermediate = ca("Intermediate", root)
    return Case(server(intermediate), [intermediate, root])


@case("intermediate alone in the bundle", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _intermediate_alone() -> Case:
    intermediate = ca("Intermediate", ca("Root"))
    return Case(server(intermediate), [intermediate], [intermediate])


@case("expired intermediate sent, a valid one in the bundle")
def _expired_sent() -> Case:
    root = ca("Root")
    intermediate = ca("Intermediate", root)
    expired = ca("Intermediate", root, key=intermediate.key, not_after=EARLIER)
    return Case(server(intermediate), [root, intermediate], [expired])


@case("valid intermediate sent, an expired one in the bundle", "BACKEND_CA_REJECTED")
def _expired_in_bundle() -> Case:
    root = ca("Root")
    intermediate = ca("Intermediate", root)
    expired = ca("Intermediate", root, key=intermediate.key, not_after=EARLIER)
    return Case(server(intermediate), [root, expired], [intermediate])


@case("intermediate that is not a CA", "BACKEND_CA_REJECTED")
def _intermediate_not_ca() -> Case:
    root = ca("Root")
    intermediate = ca("Intermediate", root, ca=False, usages=["digital_signature"])
    return Case(server(intermediate), [root], [intermediate])


@case("intermediate signed with SHA-1", "BACKEND_CA_REJECTED")
def _intermediate_sha1() -> Case:
    root = ca("Root")
    intermediate = ca("Intermediate", root, sha1=True)
    return Case(server(intermediate), [root], [intermediate])


@case("path length exceeded", "BACKEND_CA_REJECTED")
def _path_length() -> Case:
    root = ca("Root", path_length=0)
    intermediate = ca("Intermediate", root)
    return Case(server(intermediate), [root], [intermediate])


@case("path length just sufficient")
def _path_length_sufficient() -> Case:
    root = ca("Root", path_length=1)
    intermediate = ca("Intermediate", root, path_length=0)
    return Case(server(intermediate), [root], [intermediate])


@case("path length exceeded in the bundle, backend of the root itself", "CA_PATH_LENGTH")
def _path_length_in_bundle() -> Case:
    root = ca("Root", path_length=0)
    return Case(server(root), [root, ca("Intermediate", root)])


@case("cross-signed new CA sent, old root in the bundle")
def _cross_signed_old() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [old], [ca("New", old, key=new.key)])


@case("cross-signed new CA sent, new root in the bundle")
def _cross_signed_new() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [new], [ca("New", old, key=new.key)])


@case("a cross certificate alone in the bundle", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _cross_alone() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [ca("New", old, key=new.key)])


@case("a cross certificate before its own root", "BACKEND_NOT_TRUSTED", "CA_WITHOUT_ROOT")
def _cross_first() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [ca("New", old, key=new.key), new])


@case("a cross certificate after its own root")
def _cross_last() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [new, ca("New", old, key=new.key)])


@case("a CA's new key, signed by its old one")
def _key_rollover() -> Case:
    old = ca("Root")
    new = ca("Root", old)
    return Case(server(new), [old], [new])


@case("old and new CA, backend of the new")
def _old_and_new() -> Case:
    old, new = ca("Old"), ca("New")
    return Case(server(new), [old, new])


@case("same name with a new key, old first")
def _same_name() -> Case:
    old, new = ca("Root"), ca("Root")
    return Case(server(new), [old, new])


@case("same name with a new key, old first, no CA key identifier", "BACKEND_CA_REJECTED")
def _same_name_without_identifier() -> Case:
    old, new = ca("Root"), ca("Root")
    return Case(server(new, authority_key_id=False), [old, new])


@case("same name with a new key, new first, no CA key identifier")
def _same_name_new_first() -> Case:
    old, new = ca("Root"), ca("Root")
    return Case(server(new, authority_key_id=False), [new, old])


@case("expired and renewed CA of one key")
def _renewed() -> Case:
    root = ca("Root")
    return Case(server(root), [ca("Root", key=root.key, not_after=EARLIER), root])


@case("an expired CA next to a valid one")
def _expired_next_to_valid() -> Case:
    root = ca("Root")
    return Case(server(root), [ca("Old", not_after=EARLIER), root])
