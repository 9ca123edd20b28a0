package tutorial

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"testing"
	"time"
)

func get(t *testing.T, f *Feed, key string, query url.Values) (*httptest.ResponseRecorder, page) {
	t.Helper()
	r := httptest.NewRequest("GET", "/v1/samples?"+query.Encode(), nil)
	r.Header.Set("X-Api-Key", key)
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	var p page
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w, p
}

func TestPagesFollowTheCursor(t *testing.T) {
	f := New(Options{Rate: -1})
	seen := map[string]bool{}
	q := url.Values{"limit": {"10"}}
	for pages := 1; ; pages++ {
		w, p := get(t, f, DefaultKey, q)
		if w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
		for _, s := range p.Data {
			if seen[s.ID] {
				t.Errorf("%s came twice", s.ID)
			}
			seen[s.ID] = true
		}
		if p.Next == nil {
			if pages != 3 || len(seen) != DefaultSamples {
				t.Errorf("%d pages with %d samples", pages, len(seen))
			}
			return
		}
		q.Set("cursor", *p.Next)
	}
}

func TestSinceIsInclusive(t *testing.T) {
	f := New(Options{Rate: -1})
	_, p := get(t, f, DefaultKey, url.Values{"since": {sample(20).Added.Format(time.RFC3339)}})
	if len(p.Data) != 5 || p.Data[0].ID != sample(20).ID {
		t.Errorf("%d samples from %v", len(p.Data), p.Data)
	}
}

func TestRateByTheClock(t *testing.T) {
	now := first
	f := New(Options{Now: func() time.Time { return now }})
	for i, want := range []int{200, 200, 429} {
		if w, _ := get(t, f, DefaultKey, nil); w.Code != want || (want == 429) != (w.Header().Get("Retry-After") == "1") {
			t.Errorf("request %d: %d %v, want %d", i+1, w.Code, w.Header(), want)
		}
	}
	now = now.Add(time.Second)
	if w, _ := get(t, f, DefaultKey, nil); w.Code != 200 {
		t.Errorf("%d a second later", w.Code)
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		name, key string
		query     url.Values
		want      int
	}{
		{"no key", "", nil, 401},
		{"limit", DefaultKey, url.Values{"limit": {"0"}}, 400},
		{"since", DefaultKey, url.Values{"since": {"yesterday"}}, 400},
		{"cursor", DefaultKey, url.Values{"cursor": {"xyz"}}, 400},
	} {
		w, _ := get(t, New(Options{Rate: -1}), test.key, test.query)
		var e struct{ Error struct{ Message string } }
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != test.want || e.Error.Message == "" {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
	}
}

// The recorded answer that the tutorial's mapping is checked against is the feed's.
func TestRecordedPage(t *testing.T) {
	src, err := os.ReadFile("testdata/page_1.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded page
	if err := json.Unmarshal(src, &recorded); err != nil {
		t.Fatal(err)
	}
	if _, now := get(t, New(Options{}), DefaultKey, nil); !reflect.DeepEqual(recorded, now) {
		t.Errorf("recorded %+v, now %+v", recorded, now)
	}
}

// One sample is not as documented: the tutorial deals with it.
func TestOneSampleIsDirty(t *testing.T) {
	_, p := get(t, New(Options{Rate: -1}), DefaultKey, url.Values{"limit": {"100"}})
	var odd []string
	for _, s := range p.Data {
		if len(s.SHA256) != 64 || s.Contacted == nil {
			odd = append(odd, s.ID)
		}
	}
	if len(odd) != 1 || odd[0] != sample(dirty).ID {
		t.Errorf("not as documented: %v", odd)
	}
}
