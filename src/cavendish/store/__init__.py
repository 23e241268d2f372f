"""What outlives a request: rows (SQLAlchemy Core) and blobs (obstore)."""
