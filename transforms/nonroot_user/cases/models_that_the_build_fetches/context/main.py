import sys

from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1] if len(sys.argv) > 1 else "all-MiniLM-L6-v2")
print(model.encode("hello").shape)
