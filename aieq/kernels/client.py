"""nbclient, without waiting longer than a kernel needs."""

from __future__ import annotations

import asyncio
import atexit
from queue import Empty
from typing import Any

from jupyter_client.client import KernelClient
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import ensure_async, run_hook, run_sync
from traitlets import default

# How long an answer may take before the question is asked again.
ASK_AGAIN_SECONDS = 0.5


class QuickStart(NotebookClient):
    """
    A client that begins as soon as the kernel answers, and ends it at once.

    The stock client waits until nothing was heard for 0.2 s, whatever was said before; here the answer to a question,
    and the kernel's word that it is done with it, are proof enough.
    """

    @default("shutdown_kernel")
    def _at_once(self) -> str:
        return "immediate"

    async def async_start_new_kernel_client(self) -> KernelClient:
        """
        Connect to the kernel and wait until it answers.

        Returns
        -------
        KernelClient
            Connected.

        Raises
        ------
        DeadKernelError
            If it died first.
        RuntimeError
            If it did not answer within `startup_timeout` seconds.
        """
        assert self.km is not None
        try:
            kernel = self.kc = self.km.client()
            await ensure_async(kernel.start_channels())  # type: ignore[func-returns-value]
            await self._hear_from(kernel)
        except BaseException:
            await self._async_cleanup_kernel()
            # nbclient would clean up once more at the end of the process, and find nothing to clean.
            atexit.unregister(self._cleanup_kernel)
            raise
        kernel.allow_stdin = False
        await run_hook(self.on_notebook_start, notebook=self.nb)
        return kernel

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    async def _hear_from(self, kernel: Any) -> None:
        assert self.km is not None
        clock = asyncio.get_running_loop()
        until = clock.time() + self.startup_timeout
        while True:
            asked = kernel.kernel_info()
            answered = await _await(kernel.get_shell_msg, asked, "kernel_info_reply")
            # Output is heard only once the subscription has arrived, so an answer alone proves too little.
            if answered and await _await(kernel.get_iopub_msg, asked, "idle"):
                return
            if not await ensure_async(self.km.is_alive()):
                raise DeadKernelError("the kernel died before it answered")
            if clock.time() > until:
                raise RuntimeError(f"the kernel did not answer in {self.startup_timeout} seconds")


async def _await(receive: Any, asked: str, wanted: str) -> bool:
    while True:
        try:
            message = await ensure_async(receive(timeout=ASK_AGAIN_SECONDS))
        except Empty:
            return False
        said = message["content"].get("execution_state", message["msg_type"])
        if message["parent_header"].get("msg_id") == asked and said == wanted:
            return True
