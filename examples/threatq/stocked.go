package threatq

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"net/netip"
)

// Stock puts n indicators into a library that holds none, and the data collections of
// StockCollections. Types, statuses, scores, TLP, attributes and expiry are mixed, always in
// the same way; values are made up of reserved addresses and names. Times go by the
// library's clock: each indicator is a second younger than the one before it. Every second
// one is in "Block List", every fifth in "Watch List". Some are linked with adversaries,
// malware, reports and the like, a handful of each, which are linked among themselves.
func (l *Library) Stock(ctx context.Context, n int) error {
	return l.transact(ctx, func(t *tx) error {
		for _, c := range StockCollections() {
			if err := t.save(c); err != nil {
				return err
			}
		}
		s := &stocking{tx: t, of: n, objects: newBulk("object (kind, key, "+objectColumns+")", 19, ""), tagged: newBulk("object_tag (object, tag)", 2, ""), tags: map[string]int64{},
			links: newBulk("link (owner, other, id, outgoing, created_at, updated_at)", 6, " ON CONFLICT DO NOTHING")}
		if err := s.lists(); err != nil {
			return err
		}
		for i := range n {
			if err := s.indicator(i); err != nil {
				return fmt.Errorf("indicator %d: %w", i, err)
			}
		}
		if err := s.relations(); err != nil {
			return err
		}
		for _, b := range []*bulk{&s.objects, &s.tagged, &s.links} {
			if err := t.flushBulk(b); err != nil {
				return err
			}
		}
		return nil
	})
}

type stocking struct {
	*tx
	of              int
	objects, tagged bulk
	links           bulk
	uids            []int64 // of the indicators
	tags            map[string]int64
	feed, report    *sourceRow
	disposition     int64
	severity        int64
	types           []*typeRow
}

// stockTypes are the types of the stock in turn, those that targets take most often.
var stockTypes = []string{
	"FQDN", "IP Address", "URL", "SHA-256", "MD5", "FQDN", "IPv6 Address", "SHA-1", "Email Address", "FQDN",
	"CIDR Block", "IP Address", "Filename", "ASN", "Mutex",
}

func (s *stocking) lists() (err error) {
	for _, name := range stockTypes {
		typ := s.ref.typeByName(s.kinds.byNum[kindIndicator], name)
		if typ == nil {
			return fmt.Errorf("the library has no indicator type %q", name)
		}
		s.types = append(s.types, typ)
	}
	for _, name := range []string{"block", "watch", "draft"} {
		if err := s.exec("INSERT OR IGNORE INTO tag (name, created_at) VALUES (?, ?)", name, s.now); err != nil {
			return err
		}
		var id int64
		if _, err := s.one("SELECT id FROM tag WHERE name = ?", []any{name}, &id); err != nil {
			return err
		}
		s.tags[name] = id
	}
	if s.feed, err = s.source("Sandbox Feed", "connectors"); err != nil {
		return err
	}
	if s.report, err = s.source("Sandbox Reports", "other_sources"); err != nil {
		return err
	}
	if s.disposition, err = s.attrID("Disposition"); err != nil {
		return err
	}
	s.severity, err = s.attrID("Severity")
	return err
}

const day = 24 * 60 * 60

func (s *stocking) indicator(i int) error {
	k, typ := s.kinds.byNum[kindIndicator], s.types[i%len(stockTypes)]
	at := s.now - int64(s.of-i)
	o := &object{kind: k, name: stockValue(typ.Name, i), uid: k.uid(s.next(objectCounters + k.num))}
	o.typeID.Int64, o.typeID.Valid = typ.ID, true
	var expires, score, description any
	if i%3 != 0 { // from 100 days ago to 300 days ahead
		expires = at/day*day + int64(i%401-100)*day
	}
	if i%4 != 0 {
		score = i % 11
	}
	if i%6 == 0 {
		description = fmt.Sprintf("Seen in the sandbox under number %d.", i)
	}
	s.uids = append(s.uids, o.uid)
	err := s.add(&s.objects, k.num, o.key(), o.uid, o.name, typ.ID, stockStatus(i), description,
		nil, nil, nil, at, nil, expires, nil, score, at, at, at, nil)
	for _, step := range []func(int, *object, int64) error{s.context, s.membership} {
		if err == nil {
			err = step(i, o, at)
		}
	}
	return err
}

// context adds sources and attributes.
func (s *stocking) context(i int, o *object, at int64) error {
	var tlp any
	i += i / len(stockTypes) // else each type would have labels and values of its own
	if n := i % 6; n > 0 {
		tlp = n
	}
	err := s.add(&s.sources, o.uid, s.feed.id, s.next(sourceCounter), tlp, at, at, at)
	if err == nil && i%7 == 0 {
		err = s.add(&s.sources, o.uid, s.report.id, s.next(sourceCounter), 1+(i/7)%5, at, at, at)
	}
	dispositions := []string{"Malicious", "Suspicious", "", "Clean", "Common", "malicious"}
	if value := dispositions[i%len(dispositions)]; err == nil && value != "" {
		err = s.add(&s.attrs, o.uid, s.next(attrCounter), s.disposition, value, at, at, at)
	}
	if err == nil && i%20 == 0 { // what was thought of it before
		err = s.add(&s.attrs, o.uid, s.next(attrCounter), s.disposition, "Unknown", at-day, at-day, at-day)
	}
	if err == nil && i%2 == 0 {
		err = s.add(&s.attrs, o.uid, s.next(attrCounter), s.severity, []string{"Low", "Medium", "High"}[i%3], at, at, at)
	}
	return err
}

func (s *stocking) membership(i int, o *object, _ int64) error {
	for tag, every := range map[string]int{"block": 2, "watch": 5, "draft": 50} {
		if i%every == 0 {
			if err := s.add(&s.tagged, o.uid, s.tags[tag]); err != nil {
				return err
			}
		}
	}
	return nil
}

// stockStatus is mostly Active.
func stockStatus(i int) int64 {
	switch {
	case i%10 == 9:
		return 2 // Expired
	case i%17 == 16:
		return 5 // Whitelisted
	case i%13 == 12:
		return 4 // Review
	case i%29 == 28:
		return 3 // Indirect
	}
	return 1
}

// stockValue is the value of the ith indicator, no two of which are alike.
func stockValue(typ string, i int) string {
	switch typ {
	case "FQDN":
		return fmt.Sprintf("host-%d.zone-%d.example", i, i%97)
	case "IP Address":
		return stockAddress(i)
	case "IPv6 Address":
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 12: byte(i >> 24), 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}).String()
	case "URL":
		if i%2 == 0 {
			return fmt.Sprintf("www-%d.example/download/%d.bin", i, i) // as it is mostly stored
		}
		return fmt.Sprintf("https://www-%d.example:8443/a?id=%d", i, i)
	case "MD5":
		return fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, "file ", i)))
	case "SHA-1":
		return fmt.Sprintf("%x", sha1.Sum(fmt.Append(nil, "file ", i)))
	case "SHA-256":
		return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, "file ", i)))
	case "Email Address":
		return fmt.Sprintf("user-%d@mail.example", i)
	case "CIDR Block":
		return fmt.Sprintf("2001:db8:%x:%x::/64", i>>16&0xffff, i&0xffff)
	case "ASN":
		return fmt.Sprint("AS", 4200000000+i)
	}
	return fmt.Sprintf("sandbox-%d", i)
}

// stockAddress takes the networks for documentation first, then the one for measurements.
func stockAddress(i int) string {
	n := i/len(stockTypes)*2 + map[bool]int{true: 1}[i%len(stockTypes) > 1]
	if n < 3*254 {
		net := [][3]byte{{192, 0, 2}, {198, 51, 100}, {203, 0, 113}}[n%3]
		return netip.AddrFrom4([4]byte{net[0], net[1], net[2], byte(1 + n/3)}).String()
	}
	n -= 3 * 254
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16&1), byte(n >> 8), byte(n)}).String()
}
