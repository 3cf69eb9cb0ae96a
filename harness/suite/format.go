package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
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
	suiteFormat = form.Object[Suite]{
		Name: "the suite", About: "What a document claims about a system, and how each claim is put to the test.",
		Fields: []form.Field[Suite]{
			form.Must("version", "Version of this format.",
				form.Whole(Version, Version), func(s *Suite) *int { return &s.Version }),
			form.Must("name", "Short name of the suite.", name(), func(s *Suite) *string { return &s.Name }),
			form.Must("title", "One line for reports.",
				form.Text("a text"), func(s *Suite) *string { return &s.Title }),
			form.Must("source", "The document that the claims are taken from.",
				form.Text("a text"), func(s *Suite) *string { return &s.Source }),
			form.Must("plan", "How each phase is measured.", planFormat, func(s *Suite) *Plan { return &s.Plan }),
			form.Must("dataset", "What the stores hold.", datasetFormat, func(s *Suite) *Dataset { return &s.Dataset }),
			form.May("stores", "What the stores may use, where they run in containers.",
				storesFormat, func(s *Suite) *Stores { return &s.Stores }),
			form.May("advice", "What the document says of the hosts that it is for; an audit checks them.",
				form.ListOf[Advice]("a list of advice", 1, adviceFormat),
				func(s *Suite) *[]Advice { return &s.Advice }),
			form.May("system", "What is put to the test.", systemFormat, func(s *Suite) *System { return &s.System }),
			form.Must("workloads", "What is asked of the system.",
				form.ListOf[Workload]("a list of workloads", 1, workloadFormat),
				func(s *Suite) *[]Workload { return &s.Workloads }),
			form.Must("phases", "Configurations of the system, in the order in which they are run.",
				form.ListOf[Phase]("a list of phases", 1, phaseFormat), func(s *Suite) *[]Phase { return &s.Phases }),
			form.Must("claims", "What is judged.",
				form.ListOf[Claim]("a list of claims", 1, claimFormat), func(s *Suite) *[]Claim { return &s.Claims }),
		},
	}

	planFormat = form.Object[Plan]{
		Name: "the plan",
		Fields: []form.Field[Plan]{
			form.Must("runs", "Independent runs per phase, each with fresh processes; fewer than 5 give no verdict.",
				form.Whole(1, MaxRuns), func(p *Plan) *int { return &p.Runs }),
			form.Must("warmup", "Time under load before the measurement window: recorded, not judged. "+
				"Fixed, or until the system is warm within bounds.",
				form.Codec[Warmup](warmupFormat{}), func(p *Plan) *Warmup { return &p.Warmup }),
			form.Must("duration", "Length of the measurement window of one run.",
				duration(MinDuration, MaxDuration), func(p *Plan) *time.Duration { return &p.Duration }),
			form.Must("timeout", "A request without an answer by then has failed.",
				duration(MinTimeout, MaxTimeout), func(p *Plan) *time.Duration { return &p.Timeout }),
			form.Must("seed", "Seed of every random choice.",
				form.Whole[uint64](0, 1<<64-1), func(p *Plan) *uint64 { return &p.Seed }),
			form.Must("connections", "Most connections that the generator holds open.",
				form.Whole(1, MaxConnections), func(p *Plan) *int { return &p.Connections }),
			form.Must("arrivals", "How the requests are spaced in time.",
				form.Choice("a kind of arrivals", ArrivalsConstant, ArrivalsPoisson),
				func(p *Plan) *Arrivals { return &p.Arrivals }),
			form.Must("validity", "When a run counts as evidence.",
				validityFormat, func(p *Plan) *Validity { return &p.Validity }),
		},
	}

	validityFormat = form.Object[Validity]{
		Name: "the validity",
		Fields: []form.Field[Validity]{
			form.Must("schedule_lag", "Share of a phase's p99 bound that the p99 of the schedule lag may reach.",
				part(), func(v *Validity) *Share { return &v.ScheduleLag }).Was("lateness"),
			form.Must("offered", "Least share of the scheduled requests that must have been sent.",
				part(), func(v *Validity) *Share { return &v.Offered }),
			form.Must("host_noise", "Largest relative difference between a fixed piece of work timed before and "+
				"after a run.",
				part(), func(v *Validity) *Share { return &v.HostNoise }),
			form.May("other_load", "Processor time that others than the run may take in a measurement window, "+
				"in cores over the whole of it, and in any part of a few seconds of what else of a run a claim is "+
				"judged on; 0.15 when it is left out, in proportion more on more than 12 cores.",
				amount(MinOtherLoad, MaxCPUs), func(v *Validity) *float64 { return &v.OtherLoad }),
		},
	}

	datasetFormat = form.Object[Dataset]{
		Name: "the dataset",
		Fields: []form.Field[Dataset]{
			form.Must("accounts", "Accounts.",
				form.Whole(100, 10_000_000), func(d *Dataset) *int { return &d.Accounts }),
			form.Must("transactions", "Transactions in total, at least as many as accounts.",
				form.Whole(100, 100_000_000), func(d *Dataset) *int { return &d.Transactions }),
		},
	}

	storesFormat = form.Object[Stores]{Name: "the stores", Fields: storeFields()}

	adviceFormat = form.Object[Advice]{
		Name: "an advice",
		Fields: []form.Field[Advice]{
			form.Must("id", "Short name.", name(), func(a *Advice) *string { return &a.ID }),
			form.Must("source", "Where the document says so.", section(), func(a *Advice) *string { return &a.Source }),
			form.Must("least", "Memory of the host from which on it is advised.",
				size(MinMemory, MaxSize), func(a *Advice) *Size { return &a.Least }),
			form.Must("workers", "Worker processes of the configuration that it is about.",
				form.Whole(1, MaxWorkers), func(a *Advice) *int { return &a.Workers }),
			form.Must("per_worker", "Memory limit of each of these.",
				size(MinMemory, MaxMemory), func(a *Advice) *Size { return &a.PerWorker }),
		},
	}

	limitFormat = form.Object[Limit]{
		Name: "a limit",
		Fields: []form.Field[Limit]{
			form.May("cpus", "Processors, e.g. 0.5.",
				amount(MinCPUs, MaxCPUs), func(l *Limit) *float64 { return &l.CPUs }),
			form.May("memory", "Memory.", size(MinStoreMemory, MaxMemory), func(l *Limit) *Size { return &l.Memory }),
		},
	}

	workloadFormat = form.Object[Workload]{
		Name: "a workload", About: "A named mix of operations.",
		Fields: []form.Field[Workload]{
			form.Must("name", "Name by which phases refer to it.",
				name(), func(w *Workload) *string { return &w.Name }),
			form.Must("kind", "What makes the requests.", form.Choice("a kind of workload", Platform, Calibrated, HTTP),
				func(w *Workload) *Kind { return &w.Kind }),
			form.May("mix", "Share of each of the platform's operations; the shares add up to 100 %.",
				form.Codec[[]MixedItem](mixFormat{}), func(w *Workload) *[]MixedItem { return &w.Mix }),
			form.May("cpu", "Processor time that each calibrated request costs in all.",
				duration(MinCPU, MaxCPU), func(w *Workload) *time.Duration { return &w.CPU }),
			form.May("serving", "The part of cpu that serving the request costs by itself; the rest is burnt.",
				duration(0, MaxCPU), func(w *Workload) *time.Duration { return &w.Serving }),
			form.May("requests", "Requests of an http workload.",
				form.ListOf[HTTPRequest]("a list of requests", 1, requestFormat),
				func(w *Workload) *[]HTTPRequest { return &w.Requests }),
			form.May("rows", "CSV file with a header line, for ${row.COLUMN}.",
				rawText("a file"), func(w *Workload) *string { return &w.Rows }),
			form.May("wait", "Time that each calibrated request waits.",
				duration(0, MaxWait), func(w *Workload) *time.Duration { return &w.Wait }),
		},
	}

	phaseFormat = form.Object[Phase]{
		Name: "a phase", About: "One configuration of the system at one offered rate.",
		Fields: []form.Field[Phase]{
			form.Must("phase", "Number by which claims refer to it.",
				form.Whole(1, 1000), func(p *Phase) *int { return &p.Number }),
			form.Must("name", "Short name.", name(), func(p *Phase) *string { return &p.Name }),
			form.Must("source", "Where the document describes it.",
				section(), func(p *Phase) *string { return &p.Source }),
			form.Must("cluster", "False: one process that serves by itself.",
				form.Truth(), func(p *Phase) *bool { return &p.Cluster }),
			form.Must("workers", "Worker processes; 1 without a cluster.",
				form.Whole(1, MaxWorkers), func(p *Phase) *int { return &p.Workers }),
			form.May("cores", "Processors that the document gives this configuration; one for each worker when it is "+
				"left out. On a host with fewer, a claim that is met is verified, and one that is missed while the "+
				"host's processors gave out, or by no more than waiting for one of fewer processors explains, is "+
				"untestable there.",
				form.Whole(1, MaxCores), func(p *Phase) *int { return &p.Cores }),
			form.Must("memory", "Memory limit of each worker.",
				size(MinMemory, MaxMemory), func(p *Phase) *Size { return &p.Memory }),
			form.Must("stores", "Stores that the system works on; [] for none.",
				form.ListOf[Store]("a list of stores", 0, form.Choice("a store", StoreKinds...)),
				func(p *Phase) *[]Store { return &p.Stores }),
			form.Must("rate", "Rate that is offered, whatever the system answers.",
				rate(), func(p *Phase) *Rate { return &p.Rate }),
			form.Must("workload", "Name of a workload of this suite.",
				name(), func(p *Phase) *string { return &p.Workload }),
			form.May("group", "Phases that are run together; phases when it is left out.",
				form.Choice("a group", Groups...), func(p *Phase) *Group { return &p.Group }),
			form.May("disturb", "What is done to the system within the measurement window.",
				form.Choice("a disturbance", Disturbances...), func(p *Phase) *Disturb { return &p.Disturb }),
			form.May("shape", "How the rate changes over the measurement window.",
				shapeFormat, func(p *Phase) *Shape { return &p.Shape }),
			form.May("system", "The reference cluster is measured in this phase, beside the suite's own system.",
				form.Choice("a system", SystemReference), func(p *Phase) *SystemKind { return &p.System }),
		},
	}

	claimFormat = form.Object[Claim]{
		Name: "a claim", About: "One documented figure, bound to a metric and to the phase in which it is measured.",
		Fields: []form.Field[Claim]{
			form.Must("id", "Unique, e.g. P1.rate.",
				form.Pattern("an id", `^[A-Za-z][A-Za-z0-9._-]{0,62}$`,
					"a letter, then letters, digits, dots, - and _, e.g. P1.rate"),
				func(c *Claim) *string { return &c.ID }),
			form.Must("phase", "Number of a phase of this suite.",
				form.Whole(1, 1000), func(c *Claim) *int { return &c.Phase }),
			form.May("source", "Where the document says so.", section(), func(c *Claim) *string { return &c.Source }),
			form.May("derived", "The reason, when the document does not state the figure itself.",
				form.Text("a reason"), func(c *Claim) *string { return &c.Derived }),
			form.Must("metric", "What is measured.",
				metricName(), func(c *Claim) *string { return &c.Metric }),
			form.Must("op", "How a measured value compares with the documented one.",
				form.Choice("an operator", AtLeast, AtMost), func(c *Claim) *Op { return &c.Op }),
			form.Must("value", "The documented figure, with its unit.",
				quantity(), func(c *Claim) *Quantity { return &c.Value }),
			form.May("to", "Upper end of a documented range that starts at value.",
				quantity(), func(c *Claim) *Quantity { return &c.To }),
			form.May("at_cpu", "Documented processor share, for a metric that is scaled to one.",
				part(), func(c *Claim) *Share { return &c.AtCPU }),
			form.May("over", "Number of the phase by whose figure this phase's is divided; value is a factor "+
				"then, e.g. 3x.",
				form.Whole(1, 1000), func(c *Claim) *int { return &c.Over }),
			form.May("tolerance", "Share of the value by which a measurement may fall short of it.",
				slack(), func(c *Claim) *Share { return &c.Tolerance }),
			form.May("needs", "What a host must have for the claim to be testable on it.",
				needsFormat, func(c *Claim) *Needs { return &c.Needs }),
		},
		OneOf:  []string{"source", "derived"},
		Refine: refineClaim,
	}

	needsFormat = form.Object[Needs]{
		Name: "the needs",
		Fields: []form.Field[Needs]{
			form.May("cores", "Usable processors.", form.Whole(0, MaxCores), func(n *Needs) *int { return &n.Cores }),
			form.May("memory", "Memory of the host.", size(0, MaxSize), func(n *Needs) *Size { return &n.Memory }),
		},
	}
)

func name() form.Codec[string] {
	return form.Pattern("a short name", identifier,
		"a small letter, then small letters, digits and -, e.g. development")
}

func section() form.Codec[string] {
	return form.Pattern("a place in a document", reference,
		"a document and its section without spaces, e.g. guide.md#phase-2-cluster-mode")
}

// metricName is the name of a metric, or an old name of one.
func metricName() form.Codec[string] {
	names, now := make([]string, len(Metrics)), map[string]string{}
	for i, m := range Metrics {
		names[i] = m.Name
		if m.Was != "" {
			now[m.Was] = m.Name
		}
	}
	return form.Renamed(form.Choice("a metric", names...), now)
}

// refineClaim adds to the schema what the table of metrics says: the operator and the
// units that suit each metric.
func refineClaim(s *jsonschema.Schema) {
	for _, m := range Metrics {
		condition := &jsonschema.Schema{Properties: jsonschema.NewProperties()}
		consequence := &jsonschema.Schema{Properties: jsonschema.NewProperties()}
		condition.Properties.Set("metric", &jsonschema.Schema{Const: m.Name})
		consequence.Properties.Set("op", &jsonschema.Schema{Const: string(m.Op)})
		consequence.Properties.Set("value", &jsonschema.Schema{
			Pattern: reported(m.Unit).dimension.pattern() + "|" + factors.pattern(), Description: m.About,
		})
		s.AllOf = append(s.AllOf, &jsonschema.Schema{If: condition, Then: consequence})
	}
}

// mixFormat is a mapping of operations to their shares.
type mixFormat struct{}

func (mixFormat) Read(r *form.Reader, path string, n ast.Node) ([]MixedItem, bool) {
	allowed := "the operations " + strings.Join(Operations, ", ") + ", each with its share, together 100 %"
	if !r.Bare(n) {
		return nil, false
	}
	before := r.Found()
	pairs, ok := r.Pairs(n)
	if !ok {
		r.Unfit(path, n, "a mapping of operations to shares", allowed)
		return nil, false
	}
	var mix []MixedItem
	for _, p := range pairs {
		item := MixedItem{Operation: p.Key}
		if !slices.Contains(Operations, p.Key) {
			r.Report(p.At, fmt.Sprintf("unknown operation %s", form.Quote(p.Key))+form.DidYouMean(p.Key, Operations),
				allowed)
			continue
		}
		item.Share, _ = form.Child(r, part(), path+"."+p.Key, p.ValueAt(), p.Value)
		mix = append(mix, item)
	}
	if r.Found() > before {
		return mix, false
	}
	if total := sum(mix); total != 1 {
		r.Wrong(path, n, "shares add up to "+total.String(), allowed)
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

func (mixFormat) Schema() *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
		MinProperties: form.Count(1),
	}
	for _, operation := range Operations {
		s.Properties.Set(operation, part().Schema())
	}
	return s
}

// storeFields are the limits of each kind of store.
func storeFields() (fields []form.Field[Stores]) {
	for _, k := range storeKinds {
		fields = append(fields, form.May(string(k.name), k.says, limitFormat, k.limit))
	}
	return fields
}
