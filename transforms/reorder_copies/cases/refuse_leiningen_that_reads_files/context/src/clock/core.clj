(ns clock.core (:gen-class))
(defn -main [& args] (println "tick"))
