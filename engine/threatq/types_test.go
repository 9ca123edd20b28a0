package threatq

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tqmap/engine/request"
)

func TestEnsureEventTypesCreatesTheMissing(t *testing.T) {
	names := []string{"Spearphish", "CLOSED"}
	p := newPlatform()
	p.answer = func(r request.Request) (int, string) {
		if r.Method == "POST" {
			names = append(names, "UNDER REVIEW")
			return 201, `{"data":{"id":12,"name":"UNDER REVIEW"}}`
		}
		return 200, typeList(names...)
	}
	c := NewClient(p, Options{})
	for range 2 {
		if err := c.EnsureTypes(t.Context(), Events, []string{"closed", "UNDER REVIEW", "", " under review"}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"GET /api/event/types", "POST /api/event/types", "GET /api/event/types"}
	if !slices.Equal(p.log(), want) {
		t.Errorf("calls %v, want %v", p.log(), want)
	}
	if body := string(p.calls[1].Body); body != `{"name":"UNDER REVIEW"}` {
		t.Errorf("created with %s", body)
	}
}

// Two runs may find the same type missing.
func TestEnsureEventTypesWhenAnotherRunIsFaster(t *testing.T) {
	names := []string{"Spearphish"}
	p := newPlatform()
	p.answer = func(r request.Request) (int, string) {
		if r.Method == "POST" {
			names = append(names, "CLOSED")
			return 400, `{"data":{"errors":{"name":["The name has already been taken."]}}}`
		}
		return 200, typeList(names...)
	}
	if err := NewClient(p, Options{}).EnsureTypes(t.Context(), Events, []string{"CLOSED"}); err != nil {
		t.Error(err)
	}
}

func TestEnsureTypesFailures(t *testing.T) {
	tests := map[string]struct {
		collection Collection
		list       string
		post       int
		want       string
		is         error
	}{
		"not there after creation": {Events, typeList("Spearphish"), 201, "does not list it", nil},
		"refused":                  {Events, typeList("Spearphish"), 400, "HTTP 400", request.ErrRefused},
		"no right":                 {Events, typeList("Spearphish"), 403, "403 Forbidden", request.ErrForbidden},
		"server down":              {Events, typeList("Spearphish"), 503, "503", request.ErrUnavailable},
		"events hidden":            {Events, `{}`, 201, "may not read", ErrHidden},
		"indicators hidden":        {Indicators, `{}`, 201, "may not read", ErrHidden},
		"near name":                {Indicators, typeList("MD5", "IP Address", "IPv6 Address"), 0, `"CLOSED"`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.answer = func(r request.Request) (int, string) {
				if r.Method == "POST" {
					return test.post, `{}`
				}
				return 200, test.list
			}
			err := NewClient(p, Options{}).EnsureTypes(t.Context(), test.collection, []string{"CLOSED"})
			if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestUnknownIndicatorTypesNameTheirNeighbours(t *testing.T) {
	p := newPlatform()
	c := NewClient(p, Options{})
	err := c.EnsureTypes(t.Context(), Indicators, []string{"IP Adress", "md5", "Quux", "address"})
	var unknown *UnknownTypeError
	if !errors.As(err, &unknown) || unknown.Kind != "type" || !slices.Equal(unknown.Names, []string{"IP Adress", "Quux", "address"}) {
		t.Fatalf("error %v", err)
	}
	for name, want := range map[string][]string{"IP Adress": {"IP Address"}, "Quux": nil, "address": {"IP Address"}} {
		if !slices.Equal(unknown.Near[name], want) {
			t.Errorf("near %q: %q, want %q", name, unknown.Near[name], want)
		}
	}
	if err := c.EnsureTypes(t.Context(), "malware", []string{"anything"}); err != nil {
		t.Errorf("untyped collection: %v", err)
	}
	if n := p.count("GET /api/indicator/types"); n != 1 {
		t.Errorf("the list was read %d times", n)
	}
}

func TestTypeListsAreReadToTheirEnd(t *testing.T) {
	p := newPlatform()
	p.answer = func(r request.Request) (int, string) {
		switch query(r, "offset") {
		case "":
			return 200, `{"total":"3","data":[{"id":1,"name":"A"},{"id":2,"name":"B"}]}`
		case "2":
			return 200, `{"total":"3","data":{"2":{"id":"3","name":"C"}}}`
		}
		t.Fatalf("unexpected offset %s", query(r, "offset"))
		return 0, ""
	}
	if err := NewClient(p, Options{}).EnsureTypes(t.Context(), Indicators, []string{"C"}); err != nil {
		t.Error(err)
	}
}
