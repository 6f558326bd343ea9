module example.com/pot

go 1.22

require example.com/leaf v0.0.0
