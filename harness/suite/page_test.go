package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/golden"
)

// The page of keys is made from the schema, whose descriptions are those of the form that reads suites.
func TestThePageOfKeysIsTheSchema(t *testing.T) {
	var root any // keeps the order of the keys
	require.NoError(t, yaml.UnmarshalWithOptions(Schema(), &root, yaml.UseOrderedMap()))
	var b strings.Builder
	b.WriteString("# Keys of a suite\n\n<!-- Made from the form that reads suites: go test ./harness/suite -update " +
		"rewrites it. -->\n\n" +
		"A value in bold must be given. [The suite](suite.md) says how the keys work together.\n")
	keyTable(&b, "The file", root)
	golden.Equal(t, "../../docs/suite-keys.md", []byte(b.String()))
}

// at is the value of a key of an object; nil when it has none.
func at(object any, key string) any {
	keys, _ := object.(yaml.MapSlice)
	for _, one := range keys {
		if one.Key == key {
			return one.Value
		}
	}
	return nil
}

// list are the values of an array; none when it is no array.
func list(array any) (all []string) {
	values, _ := array.([]any)
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// keyTable writes the keys of an object as a table, and then those of the objects in it.
func keyTable(b *strings.Builder, title string, object any) {
	required := list(at(object, "required"))
	keys, _ := at(object, "properties").(yaml.MapSlice)
	fmt.Fprintf(b, "\n## %s\n\n| key | allowed | meaning |\n|---|---|---|\n", title)
	for _, k := range keys {
		name := fmt.Sprintf("`%v`", k.Key)
		if slices.Contains(required, fmt.Sprint(k.Key)) {
			name = "**" + name + "**"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, golden.Cell(allowed(k.Value)),
			golden.Cell(text(at(k.Value, "description"))))
	}
	for _, k := range keys {
		inner := k.Value
		if items := at(inner, "items"); items != nil {
			inner = items
		}
		if at(inner, "properties") == nil {
			continue
		}
		name := fmt.Sprint(k.Key)
		if title != "The file" {
			name = strings.Trim(title, "`") + "." + name
		}
		keyTable(b, "`"+name+"`", inner)
	}
}

// text is a value as it is written; "" when there is none.
func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// allowed says which values a key takes.
func allowed(v any) string {
	if enum := list(at(v, "enum")); len(enum) > 0 {
		return "`" + strings.Join(enum, "`, `") + "`"
	}
	for _, choice := range []string{"oneOf", "anyOf"} {
		all, _ := at(v, choice).([]any)
		var texts []string
		for _, one := range all {
			texts = append(texts, allowed(one))
		}
		if len(texts) > 0 {
			return strings.Join(texts, " or ")
		}
	}
	kind, low, high := text(at(v, "type")), text(at(v, "minimum")), text(at(v, "maximum"))
	switch {
	case kind == "array":
		return "list: " + allowed(at(v, "items"))
	case low != "" && high != "":
		return kind + " from " + low + " to " + high
	case low != "":
		return kind + " from " + low
	case at(v, "pattern") != nil:
		return "`" + text(at(v, "pattern")) + "`"
	}
	return kind
}
