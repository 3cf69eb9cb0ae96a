package measure

// Host is the machine that the run was made on.
type Host struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	CPUModel    string `json:"cpu_model"`
	Cores       int    `json:"cores"`        // usable, after affinity and cgroup quota
	OnlineCores int    `json:"online_cores"` // of the machine
	Memory      int64  `json:"memory_bytes"` // bytes usable, after the cgroup limit
	Governor    string `json:"governor"`     // frequency governor; "unknown" where the kernel does not say
	Container   string `json:"container"`    // e.g. "docker"; "" when none was recognised
	Cgroup      string `json:"cgroup"`       // "v1", "v2", "none", with the limits found
	Hypervisor  string `json:"hypervisor"`   // "" when none was recognised
	// GeneratorPriority is the nice value that the load generator ran at.
	GeneratorPriority int `json:"generator_priority"`
}
