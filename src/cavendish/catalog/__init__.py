"""Facts fixed by the world, as dated TOML with sources, and typed loaders. A price or a size in code is a defect."""
