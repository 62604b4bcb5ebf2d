"""How the papermill engine runs a notebook: quick to begin, few saves, quick to end."""

from __future__ import annotations

from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.log import logger

from aieq.kernels import spec
from aieq.kernels.client import QuickStart


class Client(QuickStart, PapermillNotebookClient):
    """papermill's client, quick."""


class Keeper(NotebookExecutionManager):
    """
    Saves when the notebook begins and when it ends, well or badly, and every `autosave_cell_every` seconds between.

    papermill's own saves the whole notebook before and after each cell.
    """

    each_cell = False
    _begun = False

    def save(self, **kwargs: Any) -> None:
        """
        Save the notebook if it is time.

        Parameters
        ----------
        **kwargs
            As papermill gives them.
        """
        waited = (self.now() - self.last_save_time).total_seconds()
        if self.each_cell or not self._begun or self.end_time or 0 < self.autosave_cell_every <= waited:
            self._begun = True
            super().save(**kwargs)


def execute(
    nb: Any,
    kernel_name: str,
    *,
    output_path: str | None = None,
    progress_bar: Any = True,
    log_output: bool = False,
    autosave_cell_every: int = 30,
    save_each_cell: bool = False,
    start_timeout: int = 60,
    execution_timeout: int | None = None,
    **settings: Any,
) -> Any:
    """
    Run a notebook as papermill does.

    Parameters
    ----------
    nb : NotebookNode
        The notebook.
    kernel_name : str
        Kernel to run it on; ``python3`` becomes ``aieq`` where that is installed.
    output_path : str, optional
        Where to save it.
    progress_bar : bool or dict
        Whether to show one, or its settings.
    log_output : bool
        Whether to log what cells say.
    autosave_cell_every : int
        Seconds between saves of a notebook that is still running; 0 for none.
    save_each_cell : bool
        Save before and after each cell, as papermill's own engine does.
    start_timeout : int
        Seconds a kernel may take to answer once it is started.
    execution_timeout : int, optional
        Seconds a cell may take.
    **settings
        Further settings of nbclient.

    Returns
    -------
    NotebookNode
        The executed notebook.
    """
    keeper = Keeper(nb, output_path, log_output, progress_bar, autosave_cell_every)
    keeper.each_cell = save_each_cell
    settings.pop("input_path", None)
    settings.setdefault("timeout", execution_timeout)
    if kernel_name in (spec.KERNEL, spec.ORDINARY):
        kernel_name = spec.kernel_name()
        # Else each kernel warns, on standard error, that its messages are not encrypted on their way through this host.
        settings.setdefault("extra_arguments", ["--log-level=40"])
    keeper.notebook_start()
    try:
        client = Client(
            keeper,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            log=logger,
            log_output=log_output,
            **settings,
        )
        client.execute()
    finally:
        keeper.cleanup_pbar()
        keeper.notebook_complete()
    return keeper.nb
