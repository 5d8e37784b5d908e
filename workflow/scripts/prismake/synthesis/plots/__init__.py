"""The figures of a synthesis: each a frozen dataclass of what it shows, drawn as it stands. Nothing is computed here."""
