package request

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestAnAnswerIsWhatTheSuiteExpectsOrNamesWhatIsNot(t *testing.T) {
	sum := sha256.Sum256([]byte(`{"ok": true}`))
	hash := hex.EncodeToString(sum[:])
	json := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	for _, row := range []struct {
		name   string
		expect suite.Expect
		status int
		header http.Header
		body   string
		want   string // "" when it is as expected
	}{
		{"any 2xx", suite.Expect{}, 204, nil, "", ""},
		{"a redirect", suite.Expect{}, 301, nil, "", "status 301, want 2xx"},
		{"199", suite.Expect{}, 199, nil, "", "status 199, want 2xx"},
		{"its own status", suite.Expect{Status: 404}, 404, nil, "", ""},
		{"another status", suite.Expect{Status: 201}, 200, nil, "", "status 200, want 201"},
		{"as large as it may be", suite.Expect{Size: 3}, 200, nil, "abc", ""},
		{"larger", suite.Expect{Size: 3}, 200, nil, "abcd", "the body is larger than 3 B"},
		{"its header", suite.Expect{Headers: []suite.Pair{{Name: "content-type", Value: "json"}}}, 200, json, "", ""},
		{"another header", suite.Expect{Headers: []suite.Pair{{Name: "Content-Type", Value: "html"}}}, 200, json, "",
			"the header Content-Type does not hold"},
		{"no header", suite.Expect{Headers: []suite.Pair{{Name: "ETag", Value: "x"}}}, 200, json, "",
			"the header ETag does not hold"},
		{"its hash", suite.Expect{SHA256: hash}, 200, nil, `{"ok": true}`, ""},
		{"another hash", suite.Expect{SHA256: hash}, 200, nil, `{"ok":true}`, "the body has not the expected hash"},
		{"its value", suite.Expect{JSON: []suite.Pair{{Name: "ok", Value: "true"}}}, 200, nil, `{"ok": true}`, ""},
		{"another value", suite.Expect{JSON: []suite.Pair{{Name: "ok", Value: "true"}}}, 200, nil, `{"ok": false}`,
			"ok in the answer is not the expected value"},
		{"no value", suite.Expect{JSON: []suite.Pair{{Name: "ok", Value: "true"}}}, 200, nil, `{}`,
			"the answer has no ok"},
		{"no JSON", suite.Expect{JSON: []suite.Pair{{Name: "ok", Value: "true"}}}, 200, nil, `hidden`,
			"the answer is not JSON"},
	} {
		err := checker(row.expect, nil, &state{})(row.status, row.header, []byte(row.body))
		if row.want == "" {
			assert.NoError(t, err, row.name)
			continue
		}
		assert.ErrorContains(t, err, row.want, row.name)
		assert.NotContains(t, err.Error(), "hidden", "an answer may be secret")
	}
}

func TestAValueIsFoundAtItsPath(t *testing.T) {
	document, err := decode(
		[]byte(`{"items": [{"id": 12345678901234567890, "name": "a", "tags": []}, true], "none": null, "part": 0.5}`),
	)
	assert.NoError(t, err)
	for path, want := range map[string]string{
		"items.0.id": "12345678901234567890", "items.0.name": "a", "items.1": "true", "part": "0.5",
		"items": "", "items.0": "", "items.0.tags": "", "items.2": "", "items.-1": "", "items.x": "", "none": "",
		"part.x": "", "": "", "nope.id": "",
	} {
		got, ok := lookup(document, path)
		assert.Equal(t, want, got, path)
		assert.Equal(t, want != "", ok, path)
	}
}
