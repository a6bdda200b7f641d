"""Tables in Markdown that show each line as it is known."""

from __future__ import annotations

from pathlib import Path


class Table:
    """A table that grows on the terminal, and may be written to a file when it is whole."""

    def __init__(self, *head: str) -> None:
        self.lines: list[str] = []
        self.row(*head)
        self._say("|" + "---|" * len(head))

    def row(self, *cells: str) -> None:
        """Adds a line."""
        self._say("| " + " | ".join(cells) + " |")

    def _say(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)


def write(path: Path | None, *parts: str | Table) -> None:
    """Writes sentences and tables to a Markdown file, a blank line between; nothing where no file is asked for."""
    if path is not None:
        texts = [part if isinstance(part, str) else "\n".join(part.lines) for part in parts]
        path.write_text("\n\n".join(texts) + "\n")
        print(path)
