"""An editable install puts the kernelspec where Jupyter looks, as an ordinary install does."""

from setuptools import Distribution
from setuptools.command.editable_wheel import editable_wheel


class EditableWheel(editable_wheel):
    """setuptools asks for `has_data` where it means `has_data_files`, and so leaves data files out."""

    def run(self) -> None:
        Distribution.has_data = Distribution.has_data_files
        super().run()
