package schema

// Store is a store that a machine offers, or why it does not; times that were not measured are null.
type Store struct {
	Kind     string   `json:"store"`
	Provider string   `json:"provider"`
	Product  string   `json:"product,omitempty"`
	Version  string   `json:"version,omitempty"`
	Image    string   `json:"image,omitempty"`
	Offered  bool     `json:"offered"`
	Reason   string   `json:"reason,omitempty"` // why it is not offered
	Start    *float64 `json:"start_ms"`         // from nothing to the first answer
	Warm     *float64 `json:"warm_ms"`          // from a template to the first query of the data set
	Differs  []string `json:"differs"`          // from the real product
}
