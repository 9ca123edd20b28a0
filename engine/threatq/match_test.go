package threatq

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	fqdn := func(name string) *item {
		return &item{obj: Object{Collection: Indicators, Name: name, Type: "FQDN"}, typeID: 11}
	}
	md5 := func(name string) *item {
		return &item{obj: Object{Collection: Indicators, Name: name, Type: "MD5"}, typeID: 18}
	}
	event := func(name string, second int64) *item {
		return &item{obj: Object{Collection: Events, Name: name, Type: "Sighting", HappenedAt: time.Unix(second, 0).UTC()}}
	}
	tests := map[string]struct {
		items []*item
		rows  string
		want  []int64
	}{
		"any order":              {[]*item{fqdn("a"), fqdn("b")}, `[{"id":2,"value":"b","type_id":11},{"id":1,"value":"a","type_id":11}]`, []int64{1, 2}},
		"missing":                {[]*item{fqdn("a"), fqdn("b")}, `[{"id":2,"value":"b","type_id":11}]`, []int64{0, 2}},
		"more than asked":        {[]*item{fqdn("a")}, `[{"id":2,"value":"b","type_id":11},{"id":1,"value":"a","type_id":11}]`, []int64{1}},
		"same value, other type": {[]*item{fqdn("a"), md5("a")}, `[{"id":2,"value":"a","type_id":18},{"id":1,"value":"a","type_id":11}]`, []int64{1, 2}},
		"type as record":         {[]*item{fqdn("a"), md5("a")}, `[{"id":2,"value":"a","type":{"id":18}},{"id":1,"value":"a","type":{"name":"fqdn"}}]`, []int64{1, 2}},
		"type as text":           {[]*item{fqdn("a")}, `[{"id":2,"value":"a","type":"URL"},{"id":1,"value":"a","type":"FQDN"}]`, []int64{1}},
		"only another type":      {[]*item{fqdn("a")}, `[{"id":2,"value":"a","type_id":18}]`, []int64{0}},
		"no type":                {[]*item{fqdn("a"), fqdn("b")}, `[{"id":1,"value":"a"},{"id":2,"value":"b"}]`, []int64{1, 2}},
		"no type, two meant":     {[]*item{fqdn("a"), md5("a")}, `[{"id":1,"value":"a"},{"id":2,"value":"a"}]`, []int64{0, 0}},
		"same object twice":      {[]*item{fqdn("a"), fqdn("a")}, `[{"id":1,"value":"a","type_id":11}]`, []int64{1, 1}},
		"other case":             {[]*item{fqdn("A"), fqdn("B")}, `[{"id":1,"value":"a","type_id":11},{"id":2,"value":"B","type_id":11}]`, []int64{1, 2}},
		"case tells them apart":  {[]*item{fqdn("A"), fqdn("a")}, `[{"id":1,"value":"a","type_id":11}]`, []int64{0, 1}},
		"case, two meant":        {[]*item{fqdn("Ab"), fqdn("aB")}, `[{"id":1,"value":"ab","type_id":11}]`, []int64{0, 0}},
		"event without case":     {[]*item{event("Alert", 5)}, `[{"id":1,"title":"ALERT","happened_at":"1970-01-01 00:00:05","type_id":99}]`, []int64{1}},
		"event at another time":  {[]*item{event("a", 5), event("a", 6)}, `[{"id":2,"title":"a","happened_at":"1970-01-01 00:00:06"},{"id":9,"title":"a","happened_at":"1970-01-01 00:00:07"}]`, []int64{0, 2}},
		"event without time":     {[]*item{event("a", 5)}, `[{"id":1,"title":"a"}]`, []int64{1}},
		"two without time":       {[]*item{event("a", 5), event("a", 6)}, `[{"id":1,"title":"a"}]`, []int64{0, 0}},
		"no time, other case":    {[]*item{event("a", 5), event("A", 6)}, `[{"id":1,"title":"a"}]`, []int64{0, 0}},
		"other objects":          {[]*item{{obj: Object{Collection: Adversaries, Name: "x"}}}, `[{"id":1,"name":"x"}]`, []int64{1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var rows list[row]
			if err := json.Unmarshal([]byte(test.rows), &rows); err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, r := range match(test.items, rows) {
				if r == nil {
					r = &row{}
				}
				got = append(got, int64(r.ID))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("ids %v, want %v", got, test.want)
			}
		})
	}
}

// Where ThreatQ does not tell what existed, an object counts as created once.
func TestCreatedOnce(t *testing.T) {
	p := newPlatform()
	c := NewClient(p, Options{})
	objs := append(fqdns(1), fqdns(1)...)
	w := &writer{Client: c, collection: Indicators, created: map[string]bool{}}
	items, err := c.prepareAll(t.Context(), Indicators, objs, make([]Result, 2))
	if err != nil {
		t.Fatal(err)
	}
	r := &row{ID: 1}
	w.assign(items, []*row{r, r}, 200)
	if first, second := *items[0].result, *items[1].result; !first.Created || second.Created || second.ID != 1 {
		t.Errorf("%+v, %+v", first, second)
	}
}
