package suite

// Disturb names what is done to a system within the measurement window.
type Disturb string

// The disturbances there are.
const (
	DisturbStop      Disturb = "stop"      // the system is asked to stop (SIGTERM)
	DisturbKill      Disturb = "kill"      // a worker is killed (SIGKILL)
	DisturbHang      Disturb = "hang"      // a worker is stopped in its tracks (SIGSTOP)
	DisturbLeak      Disturb = "leak"      // a worker is made to exceed its memory limit
	DisturbReload    Disturb = "reload"    // the system is asked to replace its workers (SIGHUP)
	DisturbExhaust   Disturb = "exhaust"   // workers are killed until the system gives up
	DisturbHealth    Disturb = "health"    // the health endpoints are read, also while a worker is down
	DisturbSessions  Disturb = "sessions"  // a session is used over fresh connections, also after its worker was killed
	DisturbCollect   Disturb = "collect"   // nothing but a wait for the periodic collection
	DisturbScale     Disturb = "scale"     // the number of workers is changed, up and down again
	DisturbConfigure Disturb = "configure" // other clusters are started, with good and bad values of every variable
	DisturbDebug     Disturb = "debug"     // other clusters are started, which log in detail by namespace
	// DisturbOverload asks for three times of what the system can do, which is found out before.
	DisturbOverload Disturb = "overload"
	// DisturbChaos kills and stops workers, and reloads and scales the system, at random; its phases are run
	// only when they are asked for.
	DisturbChaos Disturb = "chaos"
)

// Disturbances are all disturbances, in the order of their documentation.
var Disturbances = []Disturb{
	DisturbStop, DisturbKill, DisturbHang, DisturbLeak, DisturbReload, DisturbExhaust, DisturbHealth, DisturbSessions,
	DisturbCollect, DisturbScale, DisturbConfigure, DisturbDebug, DisturbOverload, DisturbChaos,
}
