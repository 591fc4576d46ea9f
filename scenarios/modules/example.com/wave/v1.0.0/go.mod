module example.com/wave

go 1.19

require example.com/base v1.2.0
