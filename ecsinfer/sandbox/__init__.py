"""The embedded AWS: an ECS that behaves like ECS, with capacity, timings and prices simulated.

Installed by the extra ``ecsinfer[sandbox]``. See `Sandbox` for use in process and ``server`` for
use by any AWS client over loopback.
"""
