module example.com/pot

go 1.22

require example.com/tea v1.2.0
