// Package characteristics measures how often the verdicts are right: it judges simulated
// systems whose truth is known, by the same rules as real ones. It has no product code.
package characteristics
