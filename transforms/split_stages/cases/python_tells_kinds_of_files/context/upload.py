import mimetypes

from fastapi import FastAPI, HTTPException, UploadFile

app = FastAPI()


@app.post("/")
def take(file: UploadFile):
    kind, _ = mimetypes.guess_type(file.filename)
    if not kind.startswith("image/"):
        raise HTTPException(415)
    return {"kind": kind}
