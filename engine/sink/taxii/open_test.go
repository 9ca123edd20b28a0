package taxii_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tqmap/engine/auth"
	"tqmap/engine/request"
	"tqmap/engine/sink/taxii"
	"tqmap/engine/stix"
	sim "tqmap/examples/taxii"
)

func TestOpenFinds(t *testing.T) {
	collections := []sim.Collection{
		{ID: "id-1", Title: "Alpha"}, {ID: "id-2", Title: " Beta  "}, {ID: "id-3", Title: "ALPHA"}, {ID: "id-4", Title: "Gamma"},
	}
	for _, v := range []string{"2.0", "2.1"} {
		for _, c := range []struct{ name, ask, want string }{
			{"title", "Beta", "id-2"}, {"title with blanks", "  Alpha ", "id-1"}, {"exact before case", "ALPHA", "id-3"},
			{"title in another case", "gAMMA", "id-4"}, {"id", "id-2", "id-2"},
		} {
			t.Run(v+" "+c.name, func(t *testing.T) {
				w := newWorld(t, sim.Options{Roots: []sim.Root{{Name: "empty"}, {Name: "x"}, {Name: "api", Collections: collections}}, Relative: true}, nil)
				w.conf.Collection = c.ask
				if got := w.open(v); got.ID != c.want || string(got.Version) != v {
					t.Errorf("found %+v", got)
				}
			})
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	roots := []sim.Root{{Name: "one", Collections: []sim.Collection{{ID: "a", Title: "Same"}, {ID: "b", Title: "Read only", NoWrite: true}}}, {Name: "two", Collections: []sim.Collection{{ID: "c", Title: "Same"}}}}
	for _, c := range []struct {
		name, ask string
		roots     []sim.Root
		want      []string
	}{
		{"no such title", "Other", roots, []string{`"Other"`, `"Same" (a)`, `"Read only" (b)`}},
		{"two of a title", "Same", roots, []string{`"Same" (a), "Same" (c)`, "by its id"}},
		{"two of a title in other cases", "sAME", roots, []string{"by its id"}},
		{"read only", "Read only", roots, []string{"can_write", "rights"}},
		{"none named", " ", roots, []string{"none is named"}},
		{"no collections at all", "Same", []sim.Root{{Name: "empty"}}, []string{"no collections that this account may see"}},
	} {
		for _, v := range []string{"2.0", "2.1"} {
			t.Run(c.name+" "+v, func(t *testing.T) {
				w := newWorld(t, sim.Options{Roots: c.roots}, nil)
				w.conf.Collection, w.conf.Version = c.ask, v
				_, err := taxii.Open(context.Background(), w.conf)
				if !errors.Is(err, taxii.ErrCollection) {
					t.Fatal(err)
				}
				for _, text := range c.want {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("%q is not in: %v", text, err)
					}
				}
				if w.sim.Requests()["post"] > 0 {
					t.Error("something was sent")
				}
			})
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		name, ask string
		speaks    []string
		want      stix.Version
		paths     []string
	}{
		{"both", "auto", nil, stix.V21, []string{"/taxii2/"}},
		{"auto is the default", "", nil, stix.V21, []string{"/taxii2/"}},
		{"only the older", "auto", []string{"2.0"}, stix.V20, []string{"/taxii2/", "/taxii/"}},
		{"only the newer", "auto", []string{"2.1"}, stix.V21, []string{"/taxii2/"}},
		{"the older of both", "2.0", nil, stix.V20, []string{"/taxii/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sim.Options{Versions: c.speaks}, nil)
			if got := w.open(c.ask); got.Version != c.want {
				t.Errorf("version %s", got.Version)
			}
			var paths []string
			for _, call := range w.sim.Journal() {
				if call.Route == "discovery" {
					paths = append(paths, call.Path)
				}
			}
			if !slices.Equal(paths, c.paths) {
				t.Errorf("asked %v", paths)
			}
		})
	}
	w := newWorld(t, sim.Options{}, nil)
	w.conf.Version = "2.2"
	if _, err := taxii.Open(context.Background(), w.conf); err == nil || !strings.Contains(err.Error(), "2.0, 2.1 and auto") {
		t.Error(err)
	}
}

// What does not answer as TAXII says so, with both versions that were tried.
func TestOpenNoTAXII(t *testing.T) {
	for _, c := range []struct {
		name, fault string
		want        error
		say         string
	}{
		{"wrong password", "401 on=discovery", request.ErrUnauthorized, "check the user name, password or key"},
		{"wrong password later", "401 on=collections", request.ErrUnauthorized, "check the user name"},
		{"a sign-in page", "not-json on=discovery times=2", taxii.ErrNotTAXII, "text/html"},
		{"cut short", "truncated on=discovery times=2", taxii.ErrNotTAXII, "JSON cannot be read"},
		{"a proxy's page for collections", "not-json on=collections times=2", taxii.ErrNotTAXII, "whether a proxy answers"},
		{"in maintenance", "503 on=discovery times=forever", request.ErrUnavailable, "in maintenance"},
		{"forbidden", "403 on=discovery", request.ErrForbidden, "the account lacks a right"},
		{"a root that fails", "500 on=root times=forever", request.ErrUnavailable, "the server failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sim.Options{}, nil)
			inject(t, w.sim, c.fault)
			_, err := taxii.Open(context.Background(), w.conf)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) {
				t.Error(err)
			}
		})
	}
	t.Run("no TAXII at all", func(t *testing.T) {
		w := newWorld(t, sim.Options{}, nil)
		w.conf.Discovery = "/elsewhere/deeper/"
		_, err := taxii.Open(context.Background(), w.conf)
		if err == nil || !strings.Contains(err.Error(), "TAXII 2.1: ") || !strings.Contains(err.Error(), "TAXII 2.0: ") || !strings.Contains(err.Error(), "404") {
			t.Error(err)
		}
	})
}

// A root that cannot be read does not matter, if the collection is in another.
func TestOpenPassesOverARoot(t *testing.T) {
	w := newWorld(t, sim.Options{Roots: []sim.Root{{Name: "broken"}, {Name: "good", Collections: []sim.Collection{{ID: "a", Title: "Mine"}}}}}, nil)
	w.conf.Collection = "Mine"
	inject(t, w.sim, "500 on=root times=4") // as often as it is tried
	_ = w.open("2.1")
}

// More collections than fit on a page are read to the end.
func TestOpenManyCollections(t *testing.T) {
	var many []sim.Collection
	for i := range 7 {
		many = append(many, sim.Collection{ID: string(rune('a' + i)), Title: "Collection " + string(rune('A'+i))})
	}
	w := newWorld(t, sim.Options{PageSize: 3, Roots: []sim.Root{{Name: "r", Collections: many}}}, nil)
	w.conf.Collection = "Collection G"
	if c := w.open("2.0"); c.ID != "g" {
		t.Errorf("found %+v", c)
	}
	if n := w.sim.Requests()["collections"]; n != 3 {
		t.Errorf("%d pages", n)
	}
}

// A server that sends us to another host gets no credentials there, and the error says what to do.
func TestOpenOtherHost(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) }))
	defer other.Close()
	w := newWorld(t, sim.Options{PublicURL: other.URL}, nil)
	_, err := taxii.Open(context.Background(), w.conf)
	var elsewhere *request.OriginError
	if !errors.As(err, &elsewhere) || !strings.Contains(err.Error(), "allow_hosts") || len(got) > 0 {
		t.Errorf("%v, asked %q", err, got)
	}
}

// Login is with every request.
func TestLogin(t *testing.T) {
	w := newWorld(t, sim.Options{Username: "u", Password: "wrong"}, func(c *request.Config) { c.Auth = auth.Basic{Username: "u", Password: "other: one"} })
	_, err := taxii.Open(context.Background(), w.conf)
	if !errors.Is(err, request.ErrUnauthorized) || !strings.Contains(err.Error(), "Unauthorized Access") || strings.Contains(err.Error(), "other") {
		t.Error(err)
	}
	if n := len(w.sim.Journal()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
