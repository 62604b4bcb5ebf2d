"""The papermill engine ``aieq``, as papermill finds it: nothing is loaded before a notebook is run."""

from __future__ import annotations

from typing import Any


class Engine:
    """
    Runs a notebook on the kernel ``aieq``: begins when the kernel answers, saves at the end, ends the kernel at once.

    What was executed is also saved when a cell fails, takes too long or takes the kernel with it. Messages are handled
    by nbclient, so the outputs are those of papermill's own engine. A notebook that names another kernel than
    ``python3`` keeps it. Not a subclass of papermill's engines: papermill imports this module while it is itself being
    imported, and whoever imports this one first must not find papermill half done.
    """

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **settings: Any) -> Any:
        """
        Run a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        kernel_name : str
            Kernel that papermill chose.
        **settings
            As for `aieq.kernels.managed.execute`.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        from aieq.kernels.managed import execute

        return execute(nb, kernel_name, **settings)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """
        Give the kernel a notebook names.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        name : str, optional
            What the caller wants instead.

        Returns
        -------
        str
            Name of a kernelspec.
        """
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """
        Give the language of a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        language : str, optional
            What the caller wants instead.

        Returns
        -------
        str
            Name of a language.
        """
        from papermill.utils import nb_language

        return nb_language(nb, language)
