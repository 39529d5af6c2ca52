"""The recipe behind radphi-mini: data, tokenizer, training, export and evaluation, one module a concept."""
