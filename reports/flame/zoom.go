package flame

import _ "embed"

// Zoom is a script that lets the reader of a page zoom into the graphs that are elements of it, and find functions. It
// reaches nothing but the page.
//
//go:embed zoom.js
var Zoom string
