// Package script holds what makes a page alive without a network: the chart library uPlot with its licence, and the
// content security policy that allows a page the scripts and styles written into it, and nothing else.
package script

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/tsenart/vegeta/v12/lib/plot"
)

// licence is the text under which uPlot may be passed on (MIT).
const licence = `/*
uPlot, Copyright (c) 2022 Leon Sorokin

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and
this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/
`

// asset reads a file of vegeta's module, which has uPlot within it.
func asset(name string) (string, error) {
	f, err := plot.Assets.Open(name)
	if err != nil {
		return "", fmt.Errorf("chart library: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return "", fmt.Errorf("chart library: read %s: %w", name, err)
	}
	return string(text), nil
}

// UPlot is the source of uPlot, its licence before it. It defines the global name uPlot.
var UPlot = sync.OnceValues(func() (string, error) {
	text, err := asset("uPlot.min.js")
	return licence + text, err
})

// UPlotStyle is the style sheet of uPlot.
var UPlotStyle = sync.OnceValues(func() (string, error) { return asset("uPlot.min.css") })

// Policy is a content security policy by which a page runs the scripts and takes the style sheets of exactly these
// texts, shows images within it, and reaches nothing else. connect are the sources that scripts may read from, none
// or "'self'". The texts are those between the tags, byte for byte.
func Policy(scripts, styles []string, connect ...string) string {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:"
	for _, d := range []struct {
		name    string
		sources []string
	}{{"script-src", hashes(scripts)}, {"style-src", hashes(styles)}, {"connect-src", connect}} {
		if len(d.sources) > 0 {
			policy += "; " + d.name + " " + strings.Join(d.sources, " ")
		}
	}
	return policy
}

// hashes are the sources that stand for texts, by Content Security Policy Level 3, section 2.3.1.
func hashes(texts []string) []string {
	var all []string
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return all
}
