module example.com/kettle

go 1.23

require example.com/spout v1.0.0
