main = appendFile "/srv/haskell/history" "x"
