// Package greet greets in more than one language.
package greet

// Hello returns a greeting for name in the language with this code.
func Hello(language, name string) string {
	if language == "fr" {
		return "Bonjour, " + name + "."
	}
	return "Hello, " + name + "."
}
