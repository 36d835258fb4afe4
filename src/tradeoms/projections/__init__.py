"""Read models: one row a thing, folded from the journal, droppable and rebuildable."""
