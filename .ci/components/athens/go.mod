module components

go 1.26.2

require github.com/gomods/athens v0.18.0
