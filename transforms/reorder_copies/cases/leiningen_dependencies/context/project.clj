(defproject clock "0.1.0"
  :dependencies [[org.clojure/clojure "1.11.1"]
                 [ring "1.12.1"]]
  :main ^:skip-aot clock.core
  :profiles {:uberjar {:aot :all}})
