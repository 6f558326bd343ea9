module x

require example.com/lib v1.0.0

replace example.com/lib => ./lib
