from platformdirs import user_cache_path

path = user_cache_path("rates", ensure_exists=True)
(path / "rates.csv").write_text("EUR;1")
