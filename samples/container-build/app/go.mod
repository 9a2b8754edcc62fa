module example.com/greet

go 1.24.0

require golang.org/x/text v0.28.0
