"""
Kernels that are ready at once: each run gets a fresh fork of a process that has the libraries loaded.

The kernelspec ``aieq`` serves every program that starts kernels through jupyter_client: papermill (``-k aieq``), nbval
(``--nbval-kernel-name aieq``), nbclient, the book, JupyterLab. Nothing of one run reaches another. Where forking is
not safe, or ``AIEQ_KERNELS=ordinary`` is set, the same kernelspec starts an ordinary kernel; `used` says which it was.
"""

from aieq.kernels.spec import KERNEL, Used, kernel_name, used

__all__ = ["KERNEL", "Used", "kernel_name", "used"]
