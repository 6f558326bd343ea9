module example.org/kettle

go 1.22

require example.org/leaf v1.0.0
