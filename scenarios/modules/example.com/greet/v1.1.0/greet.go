// Package greet greets.
package greet

import "example.com/base"

// Hello returns a greeting for name.
func Hello(name string) string {
	return base.Sentence("Hello, " + name)
}
