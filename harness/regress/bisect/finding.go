package bisect

// Finding is what a search has found, and what that rests on.
type Finding struct {
	Suspects []string `json:"suspects"` // see [Result]; never nil
	Why      string   `json:"why"`
	Commits  []Commit `json:"commits"` // those that were measured, in the order of the history
}

// Commit is what is known of a commit.
type Commit struct {
	Commit  string  `json:"commit"`
	Subject string  `json:"subject"` // first line of its message
	State   State   `json:"state"`
	Ratio   float64 `json:"ratio"` // its figure over the good commit's, the median of the pairs
	Pairs   int     `json:"pairs"`
}
