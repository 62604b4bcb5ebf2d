"""Lets a nanny fork its workers from a process that has everything loaded; dask imports this when a nanny starts."""

from distributed.utils import get_mp_context

get_mp_context().set_forkserver_preload(["warm_process"])
