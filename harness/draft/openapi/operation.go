package openapi

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// parameterOf is a parameter in the template of a path.
var parameterOf = regexp.MustCompile(`\{([^{}]*)\}`)

// operation adds the request of an operation, or says why it is left out; off says that it
// is one that changes state and is not sent.
func (r *reader) operation(path, method string, item *openapi3.PathItem, op *openapi3.Operation) (off bool) {
	q := draft.Request{Off: !draft.Safe(method) && !r.options.Writes}
	q.Name, q.Method = op.OperationID, method
	if strings.Contains(path, "#") {
		r.leaveOut(method, path, "what follows a # is never sent")
		return q.Off
	}
	if elsewhere := r.elsewhere(item, op); elsewhere != "" {
		r.leaveOut(method, path, "it is served elsewhere, by "+elsewhere)
		return q.Off
	}
	q.Notes = about(op)
	f := &filler{request: &q}
	f.fill(r.prefix, path, parameters(item, op))
	r.secure(&q, op)
	if problem := f.body(op); problem != "" {
		r.leaveOut(method, path, problem)
		return q.Off
	}
	expect(&q, op)
	if streams(op) {
		r.leaveOut(method, path, "its answer is a stream that does not end")
		return q.Off
	}
	if len(f.madeUp) > 0 {
		q.Notes = append(q.Notes, "TODO: made up, for the document gives no example: "+strings.Join(f.madeUp, ", "))
	}
	r.draft.Requests = append(r.draft.Requests, q)
	return q.Off
}

func (r *reader) leaveOut(method, path, why string) {
	r.draft.LeftOut = append(r.draft.LeftOut, fmt.Sprintf("%s %s: %s", method, draft.Clip(path, 120), why))
}

// elsewhere is the server of an operation that is not served where the others are.
func (r *reader) elsewhere(item *openapi3.PathItem, op *openapi3.Operation) string {
	servers := item.Servers
	if op.Servers != nil && len(*op.Servers) > 0 {
		servers = *op.Servers
	}
	server, _ := chooseServer(servers)
	if server == r.server {
		return ""
	}
	return server
}

// about says what an operation is, by its own words.
func about(op *openapi3.Operation) []string {
	var notes []string
	if text := draft.Clip(op.Summary, 120); text != "" {
		notes = append(notes, text)
	}
	if op.Deprecated {
		notes = append(notes, "Deprecated.")
	}
	return notes
}

// parameters are those of a path and of its operation, which come instead of these.
func parameters(item *openapi3.PathItem, op *openapi3.Operation) []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, list := range []openapi3.Parameters{item.Parameters, op.Parameters} {
		for _, ref := range list {
			if ref == nil || ref.Value == nil {
				continue
			}
			p := ref.Value
			all = slices.DeleteFunc(all, func(o *openapi3.Parameter) bool { return o.Name == p.Name && o.In == p.In })
			all = append(all, p)
		}
	}
	return all
}

// expect says what the answer must be: the lowest good status that is documented, and JSON
// where the document says so.
func expect(q *draft.Request, op *openapi3.Operation) {
	status, response := lowest(op.Responses, 200, 299)
	if status == 0 {
		if status, response = lowest(op.Responses, 300, 399); status == 0 {
			return
		}
	}
	q.Expect.Status = status
	if response == nil || q.Method == "HEAD" || len(response.Content) == 0 {
		return
	}
	types := mediaTypes(response.Content)
	asJSON := slices.IndexFunc(types, isJSON)
	if asJSON < 0 {
		return
	}
	if len(types) > 1 {
		setHeader(q, "Accept", types[asJSON])
	}
	q.Expect.Headers = []suite.Pair{{Name: "Content-Type", Value: "json"}}
}

// lowest is the lowest documented status in a range; 0 if there is none.
func lowest(responses *openapi3.Responses, from, to int) (status int, response *openapi3.Response) {
	for _, code := range responses.Keys() {
		n, err := strconv.Atoi(code)
		if err != nil || n < from || n > to || status != 0 && n >= status {
			continue
		}
		status, response = n, nil
		if ref := responses.Value(code); ref != nil {
			response = ref.Value
		}
	}
	return status, response
}

// streams reports whether the good answer is nothing but a stream of events.
func streams(op *openapi3.Operation) bool {
	_, response := lowest(op.Responses, 200, 299)
	if response == nil {
		return false
	}
	types := mediaTypes(response.Content)
	return len(types) == 1 && strings.HasPrefix(types[0], "text/event-stream")
}

// mediaTypes are the media types of a content, in order.
func mediaTypes(content openapi3.Content) []string {
	return slices.Sorted(maps.Keys(content))
}

func isJSON(mediaType string) bool {
	name, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	name = strings.TrimSpace(name)
	return name == "application/json" || strings.HasSuffix(name, "+json")
}

// setHeader adds a header field that the request does not have.
func setHeader(q *draft.Request, name, value string) {
	if !slices.ContainsFunc(q.Headers, func(h suite.Pair) bool { return strings.EqualFold(h.Name, name) }) {
		q.Headers = append(q.Headers, suite.Pair{Name: name, Value: value})
	}
}
