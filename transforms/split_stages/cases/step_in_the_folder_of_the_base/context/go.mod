module notify

go 1.22
