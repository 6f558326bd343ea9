import graphviz

print(graphviz.Source("digraph { a -> b }").pipe("svg"))
