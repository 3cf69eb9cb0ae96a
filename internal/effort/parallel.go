package effort

import (
	"flag"
	"fmt"
	"runtime"
	"strconv"
)

// SideBySide lets a package's parallel tests run n at a time even where there are fewer cores, for tests that mostly
// wait. It is called by TestMain before the tests run; -parallel on the command line still counts.
func SideBySide(n int) {
	if err := flag.Set("test.parallel", strconv.Itoa(max(n, runtime.GOMAXPROCS(0)))); err != nil {
		panic(fmt.Sprintf("effort: SideBySide belongs in TestMain: %v", err))
	}
}
