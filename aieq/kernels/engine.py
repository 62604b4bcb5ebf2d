"""A papermill engine that spends its time on the cells."""

from __future__ import annotations

from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from aieq.kernels.client import QuickStart
from aieq.kernels.spec import KERNEL, ORDINARY, kernel_name


class _Client(QuickStart, PapermillNotebookClient):
    """papermill's client, quick."""


class _Keeper(NotebookExecutionManager):
    """Saves when the notebook is done or has failed, and every `autosave_cell_every` seconds until then."""

    each_cell = False
    begun = False

    def save(self, **kwargs: Any) -> None:
        """
        Save the notebook if it is time.

        Parameters
        ----------
        **kwargs
            As papermill gives them.
        """
        waited = (self.now() - self.last_save_time).total_seconds()
        if self.each_cell or not self.begun or self.end_time or 0 < self.autosave_cell_every <= waited:
            self.begun = True
            super().save(**kwargs)


class Engine(NBClientEngine):
    """
    Runs a notebook on the kernel ``aieq``: begins when the kernel answers, saves at the end, ends the kernel at once.

    What was executed is also saved when a cell fails, times out or takes the kernel with it. Messages are handled by
    nbclient, so the outputs are those of papermill's own engine. A notebook that names another kernel than ``python3``
    keeps it.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: Any = None,
        progress_bar: Any = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        save_each_cell: bool = False,
        **kwargs: Any,
    ) -> Any:
        """
        Run a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        kernel_name : str
            Kernel that papermill chose.
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
        **kwargs
            As for papermill's own engine.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        keeper = _Keeper(nb, output_path, log_output, progress_bar, autosave_cell_every)
        keeper.each_cell = save_each_cell
        keeper.notebook_start()
        try:
            cls.execute_managed_notebook(keeper, kernel_name, log_output=log_output, **kwargs)
        finally:
            keeper.cleanup_pbar()
            keeper.notebook_complete()
        return keeper.nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """
        Execute the cells.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
            Notebook and its state.
        kernel_name : str
            Kernel to run it on.
        log_output : bool
            Whether to log what cells say.
        stdout_file, stderr_file : file, optional
            Where to copy what cells write.
        start_timeout : int
            Seconds the kernel may take to start.
        execution_timeout : int, optional
            Seconds a cell may take.
        **kwargs
            Settings of the client.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        settings = merge_kwargs(
            remove_args(["timeout", "startup_timeout", "input_path"], **kwargs),
            timeout=execution_timeout or kwargs.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=quick(kernel_name),
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
        )
        return _Client(nb_man, **settings).execute()


def quick(asked: str) -> str:
    """
    Choose the kernel for what was asked for.

    Parameters
    ----------
    asked : str
        Kernel that the notebook or the caller names.

    Returns
    -------
    str
        ``aieq``, if it is there, in place of ``python3``; any other as it is.
    """
    return kernel_name() if asked in (KERNEL, ORDINARY) else asked
