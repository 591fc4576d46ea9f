module example.com/greet

go 1.19

require example.com/base v1.0.0
