(spit "/srv/clojure/out" "x")
