// Package grafana holds dashboards for Grafana; its tests compare what they ask for with what is exported.
package grafana

import "embed"

// Dashboards are the dashboards, as Grafana imports them.
//
//go:embed *.json
var Dashboards embed.FS
