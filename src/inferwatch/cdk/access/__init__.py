"""Who may read what lies below one node of the organisation."""
