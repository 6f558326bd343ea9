main(_) -> file:write_file("/srv/erlang/out", "x").
