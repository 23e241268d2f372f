"""What makes a picture trustworthy: policy on words, labels on files, seals on what travels through callers."""
