// Package old is older than modules: it has no go.mod.
package old

// Year is when it was written.
const Year = 2015
