"""Reception: the only place where the JSON's field names live."""
