"""What an installation is made of, from its settings: one module for each kind of part. `app` joins them."""
