module example.com/leaf

go 1.22

require example.com/tea v1.2.0
