"""Findings: codes, severities and messages as data, one table for each area, and limits on repetition.

A rule reports a finding by its code and values:

    report("CERTIFICATE_EXPIRED", "certificate", subject="CN=app.example.com", not_after="2026-05-01", ago="3 days")

| module | contents |
| --- | --- |
| `finding` | `Finding`, and the error that carries findings |
| `table` | entries of the tables |
| `material` | content that cannot be parsed or does not belong together |
| `inputs` | mistakes in a program |
| `graph` | combinations of pool, listener, health monitor and load balancer |
| `leaf` | listener and client certificates, and their chains |
| `trust` | CA bundles |
| `crl` | CRLs |
| `backend` | certificates of backends |
| `adoption` | objects that a program adopts with `existing_id` |
| `impact` | traffic impact of a change |
| `codes` | all tables together |
| `report` | findings from the tables |
| `validation` | the same for pydantic validators |
| `severity` | accepted and deployed findings |
| `limits` | repeated findings |
"""
