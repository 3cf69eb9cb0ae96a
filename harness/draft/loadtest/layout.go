package loadtest

import (
	"encoding/json"
	"text/template"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// quoted is a text as YAML and JSON both write it.
func quoted(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// folded is a text that goes on in the next lines where it is long.
func folded(text string) string { return draft.Quoted(text, 10) }

// layout is the suite with the plan in it.
var layout = template.Must(template.New("load").Funcs(
	template.FuncMap{"quoted": quoted, "folded": folded},
).Parse(`version: 1
name: load
title: {{quoted .Title}}
source: measured
plan:
  runs: {{.Runs}}
  warmup: {{.Warmup}}
  duration: {{.Duration}}
  timeout: {{.Timeout}}
  seed: 1
  connections: {{.Connections}}
  arrivals: {{quoted .Arrivals}}
  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 10000, transactions: 100000}
{{- if eq .Kind "command"}}
system:
  kind: command
  command: {{quoted .Command}}
  url: {{quoted .URL}}
  env: { {{- range $i, $v := .Env}}{{if $i}}, {{end}}{{quoted $v.Name}}: {{quoted $v.Value}}{{end -}} }
  {{- template "tls" .}}
  {{- if .ReadyLine}}
  ready_line: {{quoted .ReadyLine}}
  {{- else}}
  ready: {{quoted .Ready}}
  {{- end}}
{{- else if eq .Kind "url"}}
system:
  kind: url
  url: {{quoted .URL}}
  ready: {{quoted .Ready}}
  {{- template "tls" .}}
{{- end}}
workloads:
  - name: requests
{{- if .Mix}}
    kind: platform
    mix: { {{- range $i, $m := .Mix}}{{if $i}}, {{end}}{{$m.Operation}}: {{$m.Share}}{{end -}} }
{{- else}}
    kind: http
    requests:
    {{- range .Requests}}
      - name: {{.Name}}
        {{- if gt .Weight 1}}
        weight: {{.Weight}}
        {{- end}}
        method: {{quoted .Method}}
        path: {{folded .Path}}
        {{- if .Headers}}
        headers:
          {{- range .Headers}}
          {{quoted .Name}}: {{folded .Value}}
          {{- end}}
        {{- end}}
        {{- if .Body}}
        body: {{folded .Body}}
        {{- end}}
        {{- if .File}}
        body_file: {{folded .File}}
        {{- end}}
        {{- if .Expect.Status}}
        expect: {status: {{.Expect.Status}}}
        {{- end}}
    {{- end}}
{{- end}}
phases:
  - {phase: 1, name: load, source: measured, {{/* on the same line */ -}}
    cluster: {{.Cluster}}, workers: {{.Workers}}, memory: {{.Memory}}, {{/* on the same line */ -}}
    stores: [{{if .Stores}}postgres, redis{{end}}], rate: {{.Rate}}, workload: requests}
claims:
  - {id: rate, phase: 1, derived: the rate that was asked for, metric: rate, op: ">=", value: {{.Rate}}, tolerance: 1 %}
  - {id: errors, phase: 1, derived: the errors that were allowed, metric: errors, op: "<=", value: {{.Errors}}}
{{- if .P99}}
  - {id: p99, phase: 1, derived: the bound that was asked for, metric: p99, op: "<=", value: {{.P99}}}
{{- end}}
{{define "tls"}}{{if or .CA .HTTP2}}
  tls: { {{- if .CA}}ca: {{quoted .CA}}{{end}}{{if and .CA .HTTP2}}, {{end}}{{if .HTTP2}}http2: true{{end -}} }
{{- end}}{{end}}`))
