"""What leads from a backend to an authority: intermediates, cross certificates, old and new ones."""

from __future__ import annotations

from tests.certificates.agreement.case import EARLIER, Case, authority, case, server


@case("another authority", "BACKEND_NOT_TRUSTED")
def _another_authority() -> Case:
    return Case(server(authority("Other")), [authority("Root")])


@case("another authority of the same name", "BACKEND_NOT_TRUSTED")
def _another_authority_of_the_same_name() -> Case:
    return Case(server(authority("Root")), [authority("Root")])


@case("self-signed", "BACKEND_NOT_TRUSTED")
def _self_signed() -> Case:
    return Case(server(), [authority("Root")])


@case("intermediate sent")
def _intermediate_sent() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    return Case(server(intermediate), [root], [intermediate])


@case("two intermediates sent in wrong order, and the root")
def _wrong_order() -> Case:
    root = authority("Root")
    upper = authority("Upper", root)
    lower = authority("Lower", upper)
    return Case(server(lower), [root], [root, upper, lower])


@case("intermediate not sent", "BACKEND_NOT_TRUSTED")
def _intermediate_not_sent() -> Case:
    root = authority("Root")
    return Case(server(authority("Intermediate", root)), [root])


@case("intermediate in the bundle")
def _intermediate_in_bundle() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    return Case(server(intermediate), [intermediate, root])


@case("intermediate alone in the bundle", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _intermediate_alone() -> Case:
    intermediate = authority("Intermediate", authority("Root"))
    return Case(server(intermediate), [intermediate], [intermediate])


@case("expired intermediate sent, a valid one in the bundle")
def _expired_sent() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    expired = authority("Intermediate", root, key=intermediate.key, not_after=EARLIER)
    return Case(server(intermediate), [root, intermediate], [expired])


@case("valid intermediate sent, an expired one in the bundle", "BACKEND_CA_REJECTED")
def _expired_in_bundle() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    expired = authority("Intermediate", root, key=intermediate.key, not_after=EARLIER)
    return Case(server(intermediate), [root, expired], [intermediate])


@case("intermediate that is no authority", "BACKEND_CA_REJECTED")
def _intermediate_no_authority() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root, ca=False, usages=["digital_signature"])
    return Case(server(intermediate), [root], [intermediate])


@case("intermediate signed with SHA-1", "BACKEND_CA_REJECTED")
def _intermediate_sha1() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root, sha1=True)
    return Case(server(intermediate), [root], [intermediate])


@case("path length exceeded", "BACKEND_CA_REJECTED")
def _path_length() -> Case:
    root = authority("Root", path_length=0)
    intermediate = authority("Intermediate", root)
    return Case(server(intermediate), [root], [intermediate])


@case("path length just enough")
def _path_length_enough() -> Case:
    root = authority("Root", path_length=1)
    intermediate = authority("Intermediate", root, path_length=0)
    return Case(server(intermediate), [root], [intermediate])


@case("path length exceeded in the bundle, backend of the root itself", "CA_PATH_LENGTH")
def _path_length_in_bundle() -> Case:
    root = authority("Root", path_length=0)
    return Case(server(root), [root, authority("Intermediate", root)])


@case("cross-signed new authority sent, old root in the bundle")
def _cross_signed_old() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [old], [authority("New", old, key=new.key)])


@case("cross-signed new authority sent, new root in the bundle")
def _cross_signed_new() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [new], [authority("New", old, key=new.key)])


@case("a cross certificate alone in the bundle", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _cross_alone() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [authority("New", old, key=new.key)])


@case("a cross certificate before its own root", "BACKEND_NOT_TRUSTED", "CA_WITHOUT_ROOT")
def _cross_first() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [authority("New", old, key=new.key), new])


@case("a cross certificate behind its own root")
def _cross_behind() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [new, authority("New", old, key=new.key)])


@case("an authority's new key, certified by its old one")
def _key_rollover() -> Case:
    old = authority("Root")
    new = authority("Root", old)
    return Case(server(new), [old], [new])


@case("old and new authority, backend of the new")
def _old_and_new() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [old, new])


@case("same name with a new key, old first")
def _same_name() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new), [old, new])


@case("same name with a new key, old first, no authority key identifier", "BACKEND_CA_REJECTED")
def _same_name_without_identifier() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new, authority_key_id=False), [old, new])


@case("same name with a new key, new first, no authority key identifier")
def _same_name_new_first() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new, authority_key_id=False), [new, old])


@case("expired and renewed authority of one key")
def _renewed() -> Case:
    root = authority("Root")
    return Case(server(root), [authority("Root", key=root.key, not_after=EARLIER), root])


@case("an expired authority beside a good one")
def _expired_beside_good() -> Case:
    root = authority("Root")
    return Case(server(root), [authority("Old", not_after=EARLIER), root])
