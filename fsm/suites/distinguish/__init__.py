"""Words that tell the states of a specification apart: shortest words, trees, sets of words."""
