package threatq

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Whatever a definition holds: it is read or refused, cleaning it twice is cleaning it once,
// and what is asked for can be sent.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		`{"api_query":{"criteria":{"type_name":"FQDN"},"filters":[]}}`, `"{\"criteria\":{}}"`, `{"criteria":{"+and":[{"+or":[{"score":1}]}]}}`,
		`{"filters":{"+and":{"tags":"x"}}}`, `[]`, `null`, `{"filters":{"+not":[[],{}]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := (&savedRow{JSON: []byte(text)}).query()
		if err != nil {
			return
		}
		for _, c := range []Collection{Indicators, Adversaries, "tasks", "soc_case"} {
			once, _ := q.For(c)
			twice, dropped := once.For(c)
			if diff := cmp.Diff(once, twice); diff != "" || len(dropped) > 0 {
				t.Errorf("%s: %v %s", c, dropped, diff)
			}
			if _, err := json.Marshal(once.TouchedSince(time.Unix(0, 0))); err != nil {
				t.Error(err)
			}
		}
	})
}

// A page of any rows is read without an object that has no id.
func FuzzFound(f *testing.F) {
	f.Add(`{"total":1,"data":[{"id":1,"value":"x","score":{"manual_score":"3"},"sources":["a",{"name":"b","tlp_id":9}],"related_event_count":"2"}]}`)
	f.Add(`{"data":{"1":{"id":"7","attributes":[{"attribute":{"name":"a"}}]},"3":7}}`)
	f.Add(`{"data":[null,[],{"id":-1},{"id":1e3}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		a, err := decodeAnswer([]byte(body))
		if err != nil {
			return
		}
		page := a.found(Indicators)
		if page.Rows < len(page.Objects) {
			t.Errorf("%d objects of %d rows", len(page.Objects), page.Rows)
		}
		for _, o := range page.Objects {
			if o.ID <= 0 {
				t.Errorf("%+v", o)
			}
		}
	})
}
