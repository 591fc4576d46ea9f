// Package wave says goodbye.
package wave

import "example.com/base"

// Goodbye returns a farewell to name.
func Goodbye(name string) string {
	return base.Sentence("Goodbye, " + name)
}
