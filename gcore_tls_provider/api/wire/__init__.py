"""Bodies of the requests to Gcore's API and of its responses, one module per kind of object.

Source of every field, limit and pattern: Gcore's OpenAPI document. Request bodies reject unknown fields and record
which fields were set: send `model_dump(mode="json", exclude_unset=True)`. Response bodies ignore unknown fields and set
missing nullable fields to None. IDs are plain strings.
"""
