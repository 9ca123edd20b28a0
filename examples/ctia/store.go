package ctia

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// row is one entity: its JSON without what the server adds.
type row struct {
	kind              kind
	id                [16]byte
	account           uint8 // whose it is
	red               bool
	created, modified int64 // milliseconds
	visible           int64 // from when on searches see it
	body              []byte
}

// carries reports whether the row has an external id, which a hash alone cannot say.
func (r row) carries(xid string) bool {
	return bytes.Contains(r.body, marshal(xid))
}

// store keeps rows in the order they came; a removed one keeps its place.
type store struct {
	host     string
	accounts []Account
	rows     []row
	live     [kinds]int
	byID     map[[16]byte]int32
	byXID    map[uint64][]int32
	byObs    map[uint64][]int32
	seed     maphash.Seed
	file     *os.File
}

func openStore(opt Options) (*store, error) {
	s := &store{
		host: hosts()[opt.Region], accounts: opt.Accounts, seed: maphash.MakeSeed(),
		byID: map[[16]byte]int32{}, byXID: map[uint64][]int32{}, byObs: map[uint64][]int32{},
	}
	if opt.StatePath == "" {
		return s, nil
	}
	file, err := os.OpenFile(opt.StatePath, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := s.replay(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w; remove the file to start anew", opt.StatePath, err)
	}
	s.file = file
	return s, nil
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// change is one line of the state file; without a body the entity went.
type change struct {
	Kind     kind            `json:"kind"`
	ID       string          `json:"id"`
	Account  uint8           `json:"account,omitempty"`
	Created  int64           `json:"created,omitempty"`
	Modified int64           `json:"modified,omitempty"`
	Visible  int64           `json:"visible,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"`
}

func (s *store) replay(file *os.File) error {
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c change
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		id, ok := parseUUID(c.ID)
		if !ok || c.Kind >= kinds || int(c.Account) >= len(s.accounts) {
			return fmt.Errorf("a line of %q is damaged", c.ID)
		}
		if n, there := s.byID[id]; there {
			s.forget(int(n))
		}
		if c.Body != nil {
			s.place(row{kind: c.Kind, id: id, account: c.Account, created: c.Created, modified: c.Modified, visible: c.Visible, body: c.Body})
		}
	}
	return lines.Err()
}

func (s *store) log(r row) error {
	if s.file == nil {
		return nil
	}
	c := change{Kind: r.kind, ID: uuidText(r.id), Account: r.account, Created: r.created, Modified: r.modified, Visible: r.visible, Body: r.body}
	line, err := json.Marshal(c)
	if err == nil {
		_, err = s.file.Write(append(line, '\n'))
	}
	return err
}

// add keeps a new entity and returns its place.
func (s *store) add(r row, e entity, rnd *rand.Rand) (int, error) {
	for {
		r.id = newUUID(rnd)
		if _, taken := s.byID[r.id]; !taken {
			break
		}
	}
	r.body = encodeBody(e)
	n := s.place(r)
	return n, s.log(r)
}

// replace changes an entity in its place.
func (s *store) replace(n int, e entity, now time.Time) error {
	r := s.rows[n]
	s.forget(n)
	r.body, r.modified = encodeBody(e), now.UnixMilli()
	s.rows[n] = r
	s.index(n)
	return s.log(r)
}

func (s *store) remove(n int) error {
	if s.rows[n].body == nil {
		return nil
	}
	gone := row{kind: s.rows[n].kind, id: s.rows[n].id}
	s.forget(n)
	return s.log(gone)
}

func (s *store) place(r row) int {
	s.rows = append(s.rows, r)
	s.index(len(s.rows) - 1)
	return len(s.rows) - 1
}

func (s *store) index(n int) {
	r := &s.rows[n]
	var e struct {
		TLP        string   `json:"tlp"`
		XIDs       []string `json:"external_ids"`
		Observable struct{ Type, Value string }
	}
	_ = json.Unmarshal(r.body, &e) // made by encodeBody
	r.red = e.TLP == "red"
	s.live[r.kind]++
	s.byID[r.id] = int32(n)
	for _, xid := range e.XIDs {
		note(s.byXID, s.hash(r.kind.String(), xid), n)
	}
	if r.kind == judgement {
		note(s.byObs, s.observable(e.Observable.Type, e.Observable.Value), n)
	}
}

func note(list map[uint64][]int32, key uint64, n int) {
	if !slices.Contains(list[key], int32(n)) {
		list[key] = append(list[key], int32(n))
	}
}

// forget empties a place. The lists of hashes keep it; who reads them looks at rows.
func (s *store) forget(n int) {
	delete(s.byID, s.rows[n].id)
	s.live[s.rows[n].kind]--
	s.rows[n].body = nil
}

func (s *store) hash(a, b string) uint64 { return maphash.String(s.seed, a+"\x00"+b) }

func (s *store) observable(kind, value string) uint64 { return s.hash(kind, strings.ToLower(value)) }

// decode returns an entity as it is kept.
func (s *store) decode(n int) entity {
	e, _ := decodeObject(s.rows[n].body) // made by encodeBody
	return e
}

// id is the address of an entity.
func (s *store) id(n int) string {
	r := s.rows[n]
	return s.host + "/ctia/" + r.kind.String() + "/" + r.kind.String() + "-" + uuidText(r.id)
}

// raw is an entity as the API writes it.
func (s *store) raw(n int) json.RawMessage {
	r := s.rows[n]
	a := s.accounts[r.account]
	out := bytes.NewBuffer(bytes.TrimSuffix(bytes.Clone(r.body), []byte("}")))
	fmt.Fprintf(out, `,"id":%q,"schema_version":"1.3.30","owner":%q,"groups":[%q],"client_id":%q,"created":%q,"modified":%q}`,
		s.id(n), a.Owner, group, a.ClientID, milli(r.created), milli(r.modified))
	return out.Bytes()
}

func (s *store) view(n int) entity {
	e, _ := decodeObject(s.raw(n)) // our own JSON
	return e
}

// find returns where an entity stands, by its short or long id.
func (s *store) find(k kind, id string) (int, bool) {
	if at := strings.LastIndexByte(id, '/'); at >= 0 {
		id = id[at+1:]
	}
	uuid, ok := parseUUID(strings.TrimPrefix(id, k.String()+"-"))
	if !ok {
		return 0, false
	}
	n, ok := s.byID[uuid]
	return int(n), ok && s.rows[n].kind == k
}

func milli(ms int64) string { return time.UnixMilli(ms).UTC().Format(timeFormat) }

// encodeBody leaves out what the server sets itself.
func encodeBody(e entity) []byte {
	kept := make(entity, len(e))
	for key, v := range e {
		switch key {
		case "id", "schema_version", "owner", "groups", "client_id", "created", "modified":
		default:
			kept[key] = v
		}
	}
	return marshal(kept)
}

func decodeObject(text []byte) (out entity, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&out)
	return out, err
}

func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("ctia simulator: its own values cannot be encoded: " + err.Error())
	}
	return bytes.Clone(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func newUUID(rnd *rand.Rand) (id [16]byte) {
	for n := range id {
		id[n] = byte(rnd.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func uuidText(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func parseUUID(text string) (id [16]byte, ok bool) {
	if len(text) != 36 {
		return id, false
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	return [16]byte(raw), true
}
