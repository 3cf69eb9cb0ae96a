package suite

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

//go:generate go test -run TestTheSchemaFileIsUpToDate -update .

// SchemaURL is where the JSON Schema of the suite format is published.
const SchemaURL = "https://raw.githubusercontent.com/nameplate-dev/nameplate/main/harness/suite/suite.schema.json"

// Schema returns the JSON Schema of the suite format, for editors. It is made from the
// tables that [Parse] works by; rules between values, such as a claim's phase being
// one of the suite's, are beyond it.
func Schema() []byte {
	s := suiteFormat.Schema()
	s.Version, s.ID, s.Title = jsonschema.Version, jsonschema.ID(SchemaURL), "Nameplate suite"
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // it is made of constants, and tested
	}
	return append(text, '\n')
}
