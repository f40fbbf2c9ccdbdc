"""The parlour: one thin file a page, shared pieces in parts."""
