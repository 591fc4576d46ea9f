// Package camel has a capital letter in its module path, which a proxy sees as `!c`.
package camel

// Humps is how many it has.
const Humps = 2
