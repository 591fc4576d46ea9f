module example.com/greet

go 1.19

require example.com/base v1.1.0
