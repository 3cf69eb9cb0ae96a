package archivetest

import (
	_ "embed"
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

//go:embed suite.yaml
var suiteYAML []byte

// Suite is the suite that the sample runs are judged by: four phases, four claims each.
func Suite() *suite.Suite {
	s, err := suite.Parse("suite.yaml", suiteYAML)
	if err != nil {
		panic(fmt.Sprintf("archivetest: parse the sample suite: %v", err))
	}
	return s
}
