"""Runs cells, a JSON list on standard input, and writes their outputs as JSON.

Errors do not end it; a cell that loops for ever is interrupted, as a user would.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.v4.new_notebook()
notebook.cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
client = NotebookClient(
    notebook,
    kernel_name="gophernotes",
    timeout_func=lambda cell: 2 if "for {" in cell.source else 300,  # seconds
    interrupt_on_timeout=True,
    allow_errors=True,
    resources={"metadata": {"path": sys.argv[1]}},
)
client.execute()
with open(sys.argv[2], "w") as out:
    json.dump([cell.outputs for cell in notebook.cells], out)
