// Package base has what other modules are built on.
package base

import "strings"

// Sentence ends text with a full stop.
func Sentence(text string) string {
	return text + "."
}

// Title begins text with a capital letter.
func Title(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
