from transformers import pipeline
from fastapi import FastAPI

app = FastAPI()
classify = pipeline("sentiment-analysis")
