// Package base has what other modules are built on.
package base

// Sentence ends text with a full stop. Title is gone: a minor version that breaks those who use it.
func Sentence(text string) string {
	return text + "."
}
