package devo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/export"
	"tqmap/engine/request"
)

func text(name, summary string) dsl.Attr {
	return dsl.Attr{Name: name, Type: cty.String, Scope: dsl.Run, Summary: summary}
}

func defaulting(a dsl.Attr, value string) dsl.Attr {
	a.Default = value
	return a
}

// Block is what a mapping says of a lookup, beside what all sinks with items have in common.
func Block() *dsl.Block {
	mode := defaulting(text("mode", "full: the lookup holds what the source holds, and is sent as a whole when anything has changed. incremental: what is new or changed is sent, what left the source or is skipped is deleted where `left` and `skipped` say so; the first time, and after the lookup or its columns were changed, everything is sent."), "full")
	mode.Options = []string{"full", "incremental"}
	via := defaulting(text("via", "stream: lines over mutual TLS, with certificate, private_key and chain. api: the Lookups REST API, with client and domain."), "stream")
	via.Options = []string{"stream", "api"}
	return &dsl.Block{
		Type: "devo", Summary: "A lookup table of Devo. The entries of `item` are its columns, in this order, the first one the key.",
		Example: `sink "devo" {
  address     = "EU"
  certificate = param.certificate
  private_key = param.private_key
  chain       = param.chain
  lookup      = "threatq_iocs"
  types       = { number = "int8" }
  item = {
    title  = expr("alert.title")
    number = expr("alert.id")
  }
}`,
		Attrs: []dsl.Attr{
			via, mode,
			{Name: "lookup", Type: cty.String, Scope: dsl.Run, Required: true, Summary: "Name of the table: letters, digits and underscores."},
			{Name: "types", Type: cty.Map(cty.String), Scope: dsl.Run, Summary: "Types of columns: str (which the others are), int4, int8, float, bool, ip4."},
			text("address", "Region (USA, EU, CAN, ES, APAC) or host:port of the collector."),
			text("certificate", "Certificate of the client, PEM as it was pasted."),
			text("private_key", "Its private key, PEM as it was pasted, not encrypted."),
			text("chain", "Authority of the collector's certificate, PEM as it was pasted."),
			{Name: "chain_only", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Trust no authority of the system besides."},
			defaulting(text("host", "How this machine is called in the lines."), "its name"),
			defaulting(text("pause", "Wait after the line that opens a session, and before the one that closes it."), "5s"),
			defaulting(text("retry_wait", "Wait before a session that failed is sent again, as a whole; then three and nine times as long."), "5s"),
			defaulting(text("write_timeout", "How long the collector may take no data at all."), "120s"),
			defaulting(text("close_timeout", "How long to wait at the end for the collector to close, too: nothing else says that all arrived."), "30s"),
			{Name: "max_items", Type: cty.Number, Scope: dsl.Run, Default: "10000", Summary: "Rows in a session of mode incremental."},
			{Name: "client", Holds: dsl.Ref, Summary: "The REST API, e.g. client.api, whose auth \"bearer\" has the token."},
			text("domain", "The account's domain at the REST API."),
		},
		Sends: []dsl.Sent{
			{Method: "TLS", Attr: "address", Means: "the rows, with the client's certificate, where via is stream; nothing is answered"},
			{Method: "POST", Path: "/lookup/<domain>/<lookup>/deploy-csv", Means: "makes the lookup of the rows, where via is api; PUT where it is there already"},
			{Method: "GET", Path: "/lookup/<domain>/<lookup>", Means: "whether the lookup is there; with /job/<id> what has become of the rows"},
		},
		Describe: describe,
		Check:    check,
	}
}

func check(r *dsl.Reading) {
	if !r.Known("via") {
		return
	}
	need, why := []string{"address", "certificate", "private_key"}, "the stream"
	if r.String("via", "stream") == "api" {
		need, why = []string{"client", "domain"}, "the REST API"
	}
	for _, name := range need {
		if !r.Has(name) {
			r.Fail("via", "Missing attribute", "%s needs %s.", why, name)
		}
	}
}

// Setting is what the engine gives to a sink.
type Setting struct {
	Node  *dsl.Node
	Scope *dsl.Scoped
	Now   time.Time
	Log   *slog.Logger
	Sleep func(context.Context, time.Duration) error
	// Client opens the client that the block names.
	Client func() (request.Doer, error)
	// Dial connects the stream; nil: as a Collector does by itself.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// sender is a way to deliver sessions: a Collector or an API.
type sender interface {
	Send(ctx context.Context, s Session) (Result, error)
}

// Sink is a lookup as a target of items.
type Sink struct {
	sender      sender
	lookup      Lookup
	columns     []string
	incremental bool
	allowEmpty  bool
	log         *slog.Logger
}

// Open reads the block. Of the Config it says what is special about a lookup.
func Open(s Setting) (*Sink, export.Config, error) {
	r := s.Node.Read(s.Scope)
	out := &Sink{incremental: r.String("mode", "full") == "incremental", allowEmpty: r.Bool("allow_empty", false), log: s.Log}
	item, diags := s.Node.Val("item").Template(s.Scope)
	if diags.HasErrors() {
		return nil, export.Config{}, diags
	}
	for _, field := range item.Fields() {
		out.columns = append(out.columns, field.Name)
	}
	if len(out.columns) == 0 {
		r.Fail("item", "Columns expected", "The entries of item are the columns of the lookup, so write them out: item = { indicator = expr(\"…\"), … }.")
	}
	out.lookup = lookup(r, out.columns)
	if err := r.Err(); err != nil {
		return nil, export.Config{}, err
	}
	if err := out.lookup.Check(); err != nil {
		return nil, export.Config{}, at(s.Node, err)
	}
	var err error
	if r.String("via", "stream") == "api" {
		out.sender, err = overREST(s, r)
	} else {
		out.sender, err = overTLS(s, r)
	}
	if err = errors.Join(r.Err(), err); err != nil {
		return nil, export.Config{}, at(s.Node, err)
	}
	c := export.Config{Max: map[export.Op]int{}, Mirror: out, MirrorIs: out.what(r), MirrorFirst: out.incremental}
	if !out.incremental {
		return out, c, nil
	}
	n := r.Count("max_items", 10000, 1)
	c.Max = map[export.Op]int{export.Request: n, export.Remove: n}
	return out, c, r.Err()
}

// what tells the lookup from others, and from what it was with other columns, which only a session
// that replaces everything may change.
func (s *Sink) what(r *dsl.Reading) string {
	return strings.Join([]string{r.String("via", "stream"), r.String("address", ""), r.String("domain", ""), s.lookup.Name, string(s.lookup.header())}, " ")
}

func at(n *dsl.Node, err error) error { return fmt.Errorf("%s: %w", n.Range, err) }

func lookup(r *dsl.Reading, columns []string) Lookup {
	l := Lookup{Name: r.String("lookup", "")}
	types := map[string]string{}
	for _, p := range r.Pairs("types") {
		types[p.Name] = p.Value
	}
	for _, name := range columns {
		l.Columns = append(l.Columns, Column{Name: name, Type: Type(types[name])})
		delete(types, name)
	}
	for name := range types {
		r.Fail("types", "Unknown column", "types says what %q is, which is no entry of item.", name)
	}
	return l
}

func overTLS(s Setting, r *dsl.Reading) (sender, error) {
	address, err := Address(r.String("address", ""))
	if err != nil {
		return nil, err
	}
	id, warnings, err := ParseIdentity(Material{
		Certificate: r.String("certificate", ""), Key: r.String("private_key", ""), Chain: r.String("chain", ""), ChainOnly: r.Bool("chain_only", false),
	}, s.Now)
	for _, w := range warnings {
		s.Log.Warn(w.Error(), "sink", s.Node.Range.String())
	}
	wait := r.Period("retry_wait", 5*time.Second)
	c := &Collector{
		Address: address, Identity: id, Host: r.String("host", ""), Log: s.Log, Sleep: s.Sleep, Dial: s.Dial, Waits: []time.Duration{wait, 3 * wait, 9 * wait},
		Pause: or(r.Duration("pause", 5*time.Second)), WriteTimeout: r.Period("write_timeout", 0), CloseTimeout: r.Period("close_timeout", 0),
	}
	return c, err
}

// or makes a pause of nothing one that the Collector takes for none.
func or(pause time.Duration) time.Duration {
	if pause == 0 {
		return -1
	}
	return pause
}

func overREST(s Setting, r *dsl.Reading) (sender, error) {
	domain := strings.TrimSpace(r.String("domain", ""))
	if domain == "" {
		r.Fail("domain", "No domain", "The REST API needs the domain of the account.")
		return nil, nil
	}
	client, err := s.Client()
	return &API{Client: client, Domain: domain, Sleep: s.Sleep}, err
}

// Row is the line of an item, in the order of the columns.
func (s *Sink) Row(it *export.Item) ([]byte, error) { return s.row(it.Body) }

func (s *Sink) row(item any) ([]byte, error) {
	fields, _ := item.(map[string]any)
	values := make([]any, len(s.columns))
	for i, name := range s.columns {
		values[i] = fields[name]
	}
	return s.lookup.Encode(values)
}

// Replace sends everything in one session.
func (s *Sink) Replace(ctx context.Context, n int, rows func(func([]byte) error) error) error {
	return s.send(ctx, Session{
		Lookup: s.lookup, AllowEmpty: s.allowEmpty,
		Rows: func(yield func(Row) error) error { return rows(func(b []byte) error { return yield(Row{Encoded: b}) }) },
	}, n)
}

// Send changes rows, or takes them out.
func (s *Sink) Send(ctx context.Context, op export.Op, items []*export.Item) (int, []export.Result, error) {
	results := make([]export.Result, len(items))
	var rows []Row
	for i, it := range items {
		row := Row{Delete: op == export.Remove}
		if row.Delete {
			row.Values = s.gone(it)
		} else if row.Encoded, results[i].Err = s.Row(it); results[i].Err != nil {
			continue
		}
		rows = append(rows, row)
	}
	err := s.send(ctx, Session{Lookup: s.lookup, Incremental: true, Rows: func(yield func(Row) error) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}}, len(rows))
	return len(items), results, err
}

// gone is a row to delete: of it the key matters.
func (s *Sink) gone(it *export.Item) []any {
	values := make([]any, len(s.columns))
	for i := range values {
		values[i] = ""
	}
	values[0] = it.Key
	return values
}

func (s *Sink) send(ctx context.Context, session Session, n int) error {
	session.Report = func(n int, _ Row, err error) { s.log.Warn("a row of the lookup", "row", n, "error", err) }
	r, err := s.sender.Send(ctx, session)
	if err != nil {
		return err
	}
	s.log.Info("lookup delivered", "lookup", s.lookup.Name, "session", r.ID, "rows", r.Rows, "deleted", r.Deletes, "bytes", r.Bytes, "tries", r.Tries)
	if r.Skipped > 0 {
		return fmt.Errorf("%d of %d rows of the lookup could not be written", r.Skipped, n) // those were encoded before
	}
	return nil
}

// Held is never asked for: a lookup cannot be read.
func (s *Sink) Held(context.Context, []*export.Item) (map[string]*export.Held, error) {
	return nil, nil
}

// Same is never asked.
func (s *Sink) Same(*export.Item, *export.Held) (bool, error) { return true, nil }

// Class sorts errors: a session fails as a whole, for a reason that is not in its rows.
func (s *Sink) Class(_ export.Op, err error) export.Class {
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnconfirmed) || errors.Is(err, request.ErrUnavailable) {
		return export.Unavailable
	}
	return export.Fatal
}

func describe(r *dsl.Reading) string {
	way := "to the collector " + r.Show("address") + ", as lines over mutual TLS with the certificate that was pasted"
	if r.String("via", "stream") == "api" {
		way = "by the REST API, for the domain " + r.Show("domain")
	}
	mode := "As a whole whenever anything has changed (mode full)."
	if r.String("mode", "full") == "incremental" {
		mode = "What is new or changed is sent, and the rest stays (mode incremental)."
	}
	var columns []string
	for _, p := range r.ShowPairs("item") {
		columns = append(columns, p.Name)
	}
	return "Sends the lookup table " + r.Show("lookup") + " " + way + ". " + mode + " Its columns are " + strings.Join(columns, ", ") + "; the first one is the key."
}
