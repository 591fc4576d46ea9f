// Package secret is the company's own.
package secret

// Answer is known to the company alone.
const Answer = 43
