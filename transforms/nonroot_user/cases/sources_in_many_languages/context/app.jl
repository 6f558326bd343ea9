CSV.write("/srv/julia/out.csv", d)
