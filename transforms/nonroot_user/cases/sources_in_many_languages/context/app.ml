let () = let oc = open_out "/srv/ocaml/log" in close_out oc
