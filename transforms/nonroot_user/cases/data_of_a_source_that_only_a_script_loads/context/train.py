from trainer import fit

fit([1, 2, 3])
