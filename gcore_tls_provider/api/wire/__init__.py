"""The bodies that travel between Gcore's API and its clients, one module per noun.

Source of every field, limit and pattern: Gcore's OpenAPI document. Requests refuse unknown fields and know what was
set: send `model_dump(mode="json", exclude_unset=True)`. Answers ignore fields that they don't know and fill
nullable fields that are missing with None. Ids are plain strings.
"""
