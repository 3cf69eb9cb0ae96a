// Package harness is the ruler that documented figures are held against.
//
// Its packages, in the direction in which data goes: suite (what is claimed), load (requests on a
// schedule), measure (what was seen), probe (what it cost), judge (what the figures may say),
// archive (what is kept), run (the pipeline that ties them together). The command is
// harness/cmd/nameplate.
package harness
