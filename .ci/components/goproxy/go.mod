module components

go 1.23.7

require github.com/goproxy/goproxy v0.20.0
