module example.com/Camel

go 1.19
