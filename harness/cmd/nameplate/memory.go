package main

import "runtime/debug"

// heapLimit is how large the heap gets, in bytes, before the garbage collector works harder.
const heapLimit = 200 << 20

// readOnly is called by a command that only reads archives. It takes little memory then, also of a run of a day, at
// the price of processor time, which a command that measures must not pay.
func (c console) readOnly() {
	if c.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
}
