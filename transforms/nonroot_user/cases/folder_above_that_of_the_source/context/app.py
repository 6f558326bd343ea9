import pathlib
root = pathlib.Path(__file__).resolve().parent.parent
(root / "data").mkdir(exist_ok=True)
(root / "data" / "x").write_text("x")
print("ok")
