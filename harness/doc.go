// Package harness checks documented figures against measurements, for Go tests.
//
// [Verify] drives a system through the phases of a suite and fails the test when a claim is
// refuted. The system is a [Handler] of the test's own, a [Binary], what answers at a [URL], or the
// [Reference] cluster. This puts the documented figures of the built-in suite's third phase to the test, with
// PostgreSQL and Redis in containers:
//
//	func TestMain(m *testing.M) {
//		harness.Hook()
//		os.Exit(m.Run())
//	}
//
//	func TestPhase3(t *testing.T) {
//		harness.Verify(t, harness.Builtin().Phase(3), harness.Reference(), harness.Stores("containers"))
//	}
//
// The suite is the same YAML that the command reads ([ReadSuite]); its evidence is the independent
// run, so that a verdict takes six runs or more of every phase.
//
// What is exported here is meant to stay. The packages below, in the direction in which data
// goes: suite (what is claimed), load (requests on a schedule), measure (what was seen), probe
// (what it cost), judge (what the figures may say), archive (what is kept), run (the pipeline
// that ties them together), reference (the reference cluster and its stores). The command is harness/cmd/nameplate.
package harness
