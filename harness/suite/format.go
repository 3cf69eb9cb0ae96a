package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// Limits of a plan and of a phase; flags that override a plan are held to the same.
const (
	MaxRuns        = 1000
	MinDuration    = time.Second
	MaxDuration    = time.Hour
	MaxWarmup      = time.Hour
	MinTimeout     = time.Millisecond
	MaxTimeout     = time.Minute // the longest response time that the histograms hold
	MaxConnections = 10_000      // the generator keeps no more open
	MaxWorkers     = 256
	MaxCores       = 100_000
	MinMemory      = 16 * MiB // a worker needs that much to stand idle
	MaxMemory      = 1024 * GiB
	MinCPUs        = 0.1 // of a store
	MaxCPUs        = 1024.0
	MinOtherLoad   = 0.01 // of processors
	MinStoreMemory = 64 * MiB
	MinCPU         = time.Microsecond // of a calibrated request
	MaxCPU         = time.Second
	MaxWait        = 10 * time.Second
)

const (
	identifier = `^[a-z][a-z0-9-]{0,62}$`
	reference  = `^\S{1,200}$`
)

// The format: every key, whether it must be there, what it means and what it may hold.
// Decoding, validation and the JSON Schema all follow from these tables.
var (
	suiteFormat = object[Suite]{
		name: "the suite", about: "What a document claims about a system, and how each claim is put to the test.",
		fields: []field[Suite]{
			must("version", "Version of this format.", whole(Version, Version), func(s *Suite) *int { return &s.Version }),
			must("name", "Short name of the suite.", name(), func(s *Suite) *string { return &s.Name }),
			must("title", "One line for reports.", plainText("a text"), func(s *Suite) *string { return &s.Title }),
			must("source", "The document that the claims are taken from.", plainText("a text"), func(s *Suite) *string { return &s.Source }),
			must("plan", "How each phase is measured.", planFormat, func(s *Suite) *Plan { return &s.Plan }),
			must("dataset", "What the stores hold.", datasetFormat, func(s *Suite) *Dataset { return &s.Dataset }),
			may("stores", "What the stores may use, where they run in containers.", storesFormat, func(s *Suite) *Stores { return &s.Stores }),
			may("advice", "What the document says of the hosts that it is for; held against it by an audit.", list[Advice]{"a list of advice", 1, adviceFormat}, func(s *Suite) *[]Advice { return &s.Advice }),
			may("system", "What is put to the test.", systemFormat, func(s *Suite) *System { return &s.System }),
			must("workloads", "What is asked of the system.", list[Workload]{"a list of workloads", 1, workloadFormat}, func(s *Suite) *[]Workload { return &s.Workloads }),
			must("phases", "Configurations of the system, in the order in which they are run.", list[Phase]{"a list of phases", 1, phaseFormat}, func(s *Suite) *[]Phase { return &s.Phases }),
			must("claims", "What is judged.", list[Claim]{"a list of claims", 1, claimFormat}, func(s *Suite) *[]Claim { return &s.Claims }),
		},
	}

	planFormat = object[Plan]{
		name: "the plan",
		fields: []field[Plan]{
			must("runs", "Independent runs per phase, each with fresh processes; fewer than 5 give no verdict.", whole(1, MaxRuns), func(p *Plan) *int { return &p.Runs }),
			must("warmup", "Time under load before the measurement window: recorded, not judged. Fixed, or until the system is warm within bounds.",
				codec[Warmup](warmupFormat{}), func(p *Plan) *Warmup { return &p.Warmup }),
			must("duration", "Length of the judged window of one run.", duration(MinDuration, MaxDuration), func(p *Plan) *time.Duration { return &p.Duration }),
			must("timeout", "A request without an answer by then has failed.", duration(MinTimeout, MaxTimeout), func(p *Plan) *time.Duration { return &p.Timeout }),
			must("seed", "Seed of every random choice.", whole[uint64](0, 1<<64-1), func(p *Plan) *uint64 { return &p.Seed }),
			must("connections", "Most connections that the generator holds open.", whole(1, MaxConnections), func(p *Plan) *int { return &p.Connections }),
			must("arrivals", "How the requests are spaced in time.", choice("a kind of arrivals", ArrivalsConstant, ArrivalsPoisson), func(p *Plan) *Arrivals { return &p.Arrivals }),
			must("validity", "When a run counts as evidence.", validityFormat, func(p *Plan) *Validity { return &p.Validity }),
		},
	}

	validityFormat = object[Validity]{
		name: "the validity",
		fields: []field[Validity]{
			must("lateness", "Share of a phase's p99 bound that the generator's own p99 lateness may reach.", part(), func(v *Validity) *Share { return &v.Lateness }),
			must("offered", "Least share of the scheduled requests that must have been sent.", part(), func(v *Validity) *Share { return &v.Offered }),
			must("host_noise", "Largest relative difference between a fixed piece of work timed before and after a run.", part(), func(v *Validity) *Share { return &v.HostNoise }),
			may("other_load", "Processor time that others than the run may take in a measurement window, in cores over the whole of it, and in any "+
				"part of a few seconds of what else of a run a claim is judged on; 0.15 when it is left out, in proportion more on more than 12 cores.", amount(MinOtherLoad, MaxCPUs), func(v *Validity) *float64 { return &v.OtherLoad }),
		},
	}

	datasetFormat = object[Dataset]{
		name: "the dataset",
		fields: []field[Dataset]{
			must("accounts", "Accounts.", whole(100, 10_000_000), func(d *Dataset) *int { return &d.Accounts }),
			must("transactions", "Transactions in total, at least as many as accounts.", whole(100, 100_000_000), func(d *Dataset) *int { return &d.Transactions }),
		},
	}

	storesFormat = object[Stores]{
		name: "the stores",
		fields: []field[Stores]{
			may("postgres", "What PostgreSQL may use.", limitFormat, func(s *Stores) *Limit { return &s.Postgres }),
			may("redis", "What Redis may use.", limitFormat, func(s *Stores) *Limit { return &s.Redis }),
		},
	}

	adviceFormat = object[Advice]{
		name: "an advice",
		fields: []field[Advice]{
			must("id", "Short name.", name(), func(a *Advice) *string { return &a.ID }),
			must("source", "Where the document says so.", section(), func(a *Advice) *string { return &a.Source }),
			must("least", "Memory of the host from which on it is advised.", size(MinMemory, MaxSize), func(a *Advice) *Size { return &a.Least }),
			must("workers", "Worker processes of the configuration that it is about.", whole(1, MaxWorkers), func(a *Advice) *int { return &a.Workers }),
			must("per_worker", "Memory limit of each of these.", size(MinMemory, MaxMemory), func(a *Advice) *Size { return &a.PerWorker }),
		},
	}

	limitFormat = object[Limit]{
		name: "a limit",
		fields: []field[Limit]{
			may("cpus", "Processors, e.g. 0.5.", amount(MinCPUs, MaxCPUs), func(l *Limit) *float64 { return &l.CPUs }),
			may("memory", "Memory.", size(MinStoreMemory, MaxMemory), func(l *Limit) *Size { return &l.Memory }),
		},
	}

	workloadFormat = object[Workload]{
		name: "a workload", about: "A named mix of operations.",
		fields: []field[Workload]{
			must("name", "Name by which phases refer to it.", name(), func(w *Workload) *string { return &w.Name }),
			must("kind", "What makes the requests.", choice("a kind of workload", Platform, Calibrated, HTTP), func(w *Workload) *Kind { return &w.Kind }),
			may("mix", "Share of each of the platform's operations; the shares add up to 100 %.", codec[[]MixedItem](mixFormat{}), func(w *Workload) *[]MixedItem { return &w.Mix }),
			may("cpu", "Processor time that each calibrated request costs in all.", duration(MinCPU, MaxCPU), func(w *Workload) *time.Duration { return &w.CPU }),
			may("serving", "The part of cpu that serving the request costs by itself; the rest is burnt.", duration(0, MaxCPU), func(w *Workload) *time.Duration { return &w.Serving }),
			may("requests", "Requests of an http workload.", list[HTTPRequest]{"a list of requests", 1, requestFormat}, func(w *Workload) *[]HTTPRequest { return &w.Requests }),
			may("rows", "CSV file with a header line, for ${row.COLUMN}.", rawText("a file"), func(w *Workload) *string { return &w.Rows }),
			may("wait", "Time that each calibrated request waits.", duration(0, MaxWait), func(w *Workload) *time.Duration { return &w.Wait }),
		},
	}

	phaseFormat = object[Phase]{
		name: "a phase", about: "One configuration of the system at one offered rate.",
		fields: []field[Phase]{
			must("phase", "Number by which claims refer to it.", whole(1, 1000), func(p *Phase) *int { return &p.Number }),
			must("name", "Short name.", name(), func(p *Phase) *string { return &p.Name }),
			must("source", "Where the document describes it.", section(), func(p *Phase) *string { return &p.Source }),
			must("cluster", "False: one process that serves by itself.", truth(), func(p *Phase) *bool { return &p.Cluster }),
			must("workers", "Worker processes; 1 without a cluster.", whole(1, MaxWorkers), func(p *Phase) *int { return &p.Workers }),
			may("cores", "Processors that the document gives this configuration; one for each worker when it is left out. On a host with fewer, "+
				"a claim that is met is verified, and one that is missed while the host's processors gave out, or by no more than "+
				"waiting for one of fewer processors explains, is untestable there.", whole(1, MaxCores), func(p *Phase) *int { return &p.Cores }),
			must("memory", "Memory limit of each worker.", size(MinMemory, MaxMemory), func(p *Phase) *Size { return &p.Memory }),
			must("stores", "Stores that the system works on; [] for none.", list[Store]{"a list of stores", 0, choice("a store", Postgres, Redis)}, func(p *Phase) *[]Store { return &p.Stores }),
			must("rate", "Rate that is offered, whatever the system answers.", rate(), func(p *Phase) *Rate { return &p.Rate }),
			must("workload", "Name of a workload of this suite.", name(), func(p *Phase) *string { return &p.Workload }),
			may("group", "Phases that are run together; phases when it is left out.", choice("a group", Groups...), func(p *Phase) *Group { return &p.Group }),
			may("disturb", "What is done to the system within the judged window.", choice("a disturbance", Disturbances...), func(p *Phase) *Disturb { return &p.Disturb }),
			may("shape", "How the rate changes over the judged window.", shapeFormat, func(p *Phase) *Shape { return &p.Shape }),
			may("system", "The reference cluster is measured in this phase, beside the suite's own system.", choice("a system", SystemReference), func(p *Phase) *SystemKind { return &p.System }),
		},
	}

	claimFormat = object[Claim]{
		name: "a claim", about: "One documented figure, bound to a metric and to the phase in which it is measured.",
		fields: []field[Claim]{
			must("id", "Unique, e.g. P1.rate.", pattern("an id", `^[A-Za-z][A-Za-z0-9._-]{0,62}$`, "a letter, then letters, digits, dots, - and _, e.g. P1.rate"), func(c *Claim) *string { return &c.ID }),
			must("phase", "Number of a phase of this suite.", whole(1, 1000), func(c *Claim) *int { return &c.Phase }),
			may("source", "Where the document says so.", section(), func(c *Claim) *string { return &c.Source }),
			may("derived", "The reason, when the document does not state the figure itself.", plainText("a reason"), func(c *Claim) *string { return &c.Derived }),
			must("metric", "What is measured.", choice("a metric", metricNames()...), func(c *Claim) *string { return &c.Metric }),
			must("op", "How a measured value compares with the documented one.", choice("an operator", AtLeast, AtMost), func(c *Claim) *Op { return &c.Op }),
			must("value", "The documented figure, with its unit.", quantity(), func(c *Claim) *Quantity { return &c.Value }),
			may("to", "Upper end of a documented range that starts at value.", quantity(), func(c *Claim) *Quantity { return &c.To }),
			may("at_cpu", "Documented processor share, for a metric that is scaled to one.", part(), func(c *Claim) *Share { return &c.AtCPU }),
			may("over", "Number of the phase by whose figure this phase's is divided; value is a factor then, e.g. 3x.", whole(1, 1000), func(c *Claim) *int { return &c.Over }),
			may("tolerance", "Share of the value by which a measurement may fall short of it.", slack(), func(c *Claim) *Share { return &c.Tolerance }),
			may("needs", "What a host must have for the claim to be testable on it.", needsFormat, func(c *Claim) *Needs { return &c.Needs }),
		},
		oneOf:  []string{"source", "derived"},
		refine: refineClaim,
	}

	needsFormat = object[Needs]{
		name: "the needs",
		fields: []field[Needs]{
			may("cores", "Usable processors.", whole(0, MaxCores), func(n *Needs) *int { return &n.Cores }),
			may("memory", "Memory of the host.", size(0, MaxSize), func(n *Needs) *Size { return &n.Memory }),
		},
	}
)

func name() codec[string] {
	return pattern("a short name", identifier, "a small letter, then small letters, digits and -, e.g. development")
}

func section() codec[string] {
	return pattern("a place in a document", reference, "a document and its section without spaces, e.g. guide.md#phase-2-cluster-mode")
}

func metricNames() []string {
	names := make([]string, len(Metrics))
	for i, m := range Metrics {
		names[i] = m.Name
	}
	return names
}

// refineClaim adds to the schema what the table of metrics says: the operator and the
// units that suit each metric.
func refineClaim(s *jsonschema.Schema) {
	for _, m := range Metrics {
		condition, consequence := &jsonschema.Schema{Properties: jsonschema.NewProperties()}, &jsonschema.Schema{Properties: jsonschema.NewProperties()}
		condition.Properties.Set("metric", &jsonschema.Schema{Const: m.Name})
		consequence.Properties.Set("op", &jsonschema.Schema{Const: string(m.Op)})
		consequence.Properties.Set("value", &jsonschema.Schema{Pattern: reported(m.Unit).dimension.pattern() + "|" + factors.pattern(), Description: m.About})
		s.AllOf = append(s.AllOf, &jsonschema.Schema{If: condition, Then: consequence})
	}
}

// mixFormat is a mapping of operations to their shares.
type mixFormat struct{}

func (mixFormat) read(r *reader, path string, n ast.Node) ([]MixedItem, bool) {
	allowed := "the operations " + strings.Join(Operations, ", ") + ", each with its share, together 100 %"
	if !r.bare(n) {
		return nil, false
	}
	before := len(r.problems)
	pairs, ok := r.pairs(n)
	if !ok {
		r.unfit(path, n, "a mapping of operations to shares", allowed)
		return nil, false
	}
	var mix []MixedItem
	for _, p := range pairs {
		item := MixedItem{Operation: p.key}
		if !slices.Contains(Operations, p.key) {
			r.report(p.at, fmt.Sprintf("unknown operation %s", quote(p.key))+didYouMean(p.key, Operations), allowed)
			continue
		}
		item.Share, _ = child(r, part(), path+"."+p.key, p.valueAt(), p.value)
		mix = append(mix, item)
	}
	if len(r.problems) > before {
		return mix, false
	}
	if total := sum(mix); total != 1 {
		r.wrong(path, n, "shares add up to "+total.String(), allowed)
		return mix, false
	}
	return mix, true
}

// sum adds shares up as the decimal numbers that they were written as.
func sum(mix []MixedItem) Share {
	total := of(0, 1)
	for _, item := range mix {
		if share, err := shares.parse(item.Share.String()); err == nil {
			total.Add(total, share)
		}
	}
	value, _ := total.Float64()
	return Share(value)
}

func (mixFormat) schema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema, MinProperties: number64(1)}
	for _, operation := range Operations {
		s.Properties.Set(operation, part().schema())
	}
	return s
}
