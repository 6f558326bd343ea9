from platformdirs import user_cache_path

print((user_cache_path("rates") / "rates.csv").read_text())
