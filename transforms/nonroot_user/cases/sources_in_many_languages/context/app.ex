File.write!("/srv/elixir/out", "x")
