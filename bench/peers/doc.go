// Package peers compares the reference cluster with Node.js's cluster module, both with the
// same small application, under the same load and the same disturbances, in one run:
//
//	go test -bench Peers -benchtime 5x ./bench/peers
//
// Every iteration measures both, one after the other, and what is reported are medians.
package peers
