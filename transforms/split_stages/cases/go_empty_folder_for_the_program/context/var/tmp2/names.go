package tmp2
