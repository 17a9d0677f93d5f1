"""The pages of the examples: a module each, whose `page(runs, pictures)` gives the Markdown and draws the pictures."""
