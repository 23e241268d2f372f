"""Open-weight diffusion on the user's device. The only room that imports torch; entered only when a model is asked for."""
