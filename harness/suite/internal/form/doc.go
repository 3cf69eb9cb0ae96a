// Package form reads YAML documents by tables of codecs, reports everything that is wrong with one at once,
// each problem with its line, and describes the documents as JSON Schema. It does not know what a suite is.
package form
