(defproject clock ~(slurp "VERSION")
  :dependencies [[org.clojure/clojure "1.11.1"]]
  :main clock.core)
