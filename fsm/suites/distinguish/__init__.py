"""How states of a specification are told apart: shortest words, trees, sets of words."""
