// Package base has what other modules are built on.
package base

// Sentence ends text with a full stop.
func Sentence(text string) string {
	return text + "."
}
