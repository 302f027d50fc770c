"""Parameter sweeps: axes, a store that can be resumed, one xarray Dataset."""
