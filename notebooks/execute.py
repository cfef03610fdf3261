"""Execute notebooks in place, each from a clean state:

    python execute.py NOTEBOOK...

Stops at the first error in a cell. The notebook is written all the same, so that
one can see where.
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def execute(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=300,  # seconds a cell
        record_timing=False,  # the same results give the same file
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(f"{path.name}: {error.evalue}")
    finally:
        # Nothing of who executed it: the same results give the same file.
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, path)


for name in sys.argv[1:]:
    execute(pathlib.Path(name))
