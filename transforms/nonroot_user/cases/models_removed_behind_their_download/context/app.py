from transformers import pipeline

print(pipeline('summarization', model='models'))
