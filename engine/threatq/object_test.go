package threatq

import (
	"strings"
	"testing"
	"time"
)

func sample() Object {
	return Object{
		Collection: Events, Name: "t", Type: "Sighting", Status: "Active", Description: "<b>&</b>", HappenedAt: time.Unix(1000, 5).In(time.FixedZone("", 3600)),
		Sources:    []Source{{"B", "AMBER"}, {"A", ""}},
		Attributes: []Attribute{{Name: "Z", Value: "1"}, {Name: "Y", Value: "2", Mode: Add}, {Name: "Y", Value: "1", Mode: Add}},
		Tags:       []string{"b", "a"}, Related: []Ref{{Indicators, 2}, {Events, 1}},
	}
}

func TestEncode(t *testing.T) {
	o := sample()
	want := `{"collection":"events","name":"t","type":"Sighting","status":"Active","description":"<b>&</b>","happened_at":"1970-01-01 00:16:40",` +
		`"sources":[{"Name":"A","TLP":""},{"Name":"B","TLP":"AMBER"}],` +
		`"attributes":[{"name":"Y","value":"1","mode":1},{"name":"Y","value":"2","mode":1},{"name":"Z","value":"1","mode":0}],` +
		`"tags":["a","b"],"related":[{"Collection":"events","ID":1},{"Collection":"indicators","ID":2}]}`
	if got := string(Encode(&o)); got != want {
		t.Errorf("encoding\n%s\nwant\n%s", got, want)
	}
	if o.Tags[0] != "b" || o.Attributes[0].Name != "Z" {
		t.Error("Encode changed its object")
	}
}

func TestHashSeesWhatIsSentAndNothingElse(t *testing.T) {
	base := sample()
	tests := map[string]struct {
		change func(*Object)
		equal  bool
	}{
		"id and rows":    {func(o *Object) { o.ID, o.TouchedAt, o.Attributes[0].RowID = 5, time.Unix(5, 0), 6 }, true},
		"order":          {func(o *Object) { o.Tags = []string{"a", "b"}; o.Sources = []Source{{"A", ""}, {"B", "amber"}} }, true},
		"blanks":         {func(o *Object) { o.Name, o.Description = " t ", "<b>&</b>\n" }, true},
		"said twice":     {func(o *Object) { o.Tags = append(o.Tags, "a"); o.Related = append(o.Related, Ref{Events, 1}) }, true},
		"source twice":   {func(o *Object) { o.Sources = []Source{{"A", ""}, {"B", "GREEN"}, {"b ", "AMBER"}, {" ", "RED"}} }, true},
		"zone, fraction": {func(o *Object) { o.HappenedAt = time.Unix(1000, 0).UTC() }, true},
		"name":           {func(o *Object) { o.Name = "T" }, false},
		"type":           {func(o *Object) { o.Type = "x" }, false},
		"status":         {func(o *Object) { o.Status = "" }, false},
		"happened_at":    {func(o *Object) { o.HappenedAt = o.HappenedAt.Add(time.Second) }, false},
		"collection":     {func(o *Object) { o.Collection = Indicators }, false},
		"TLP":            {func(o *Object) { o.Sources[0].TLP = "RED" }, false},
		"value":          {func(o *Object) { o.Attributes[0].Value = "2" }, false},
		"mode":           {func(o *Object) { o.Attributes[0].Mode = Fixed }, false},
		"link":           {func(o *Object) { o.Related[0].ID = 3 }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := sample()
			test.change(&o)
			if equal := Hash(&o) == Hash(&base); equal != test.equal {
				t.Errorf("equal hash: %v\n%s", equal, Encode(&o))
			}
		})
	}
	if h := Hash(&base); len(h) != 64 {
		t.Errorf("hash %q", h)
	}
}

func TestDescriptionIsCut(t *testing.T) {
	for _, s := range []string{"x", "é", "世"} {
		long := normalText(strings.Repeat(s, maxText+1))
		if long != strings.Repeat(s, maxText) {
			t.Errorf("%d bytes of %s", len(long), s)
		}
		if whole := strings.Repeat(s, maxText); normalText(whole) != whole {
			t.Errorf("%s: a text that just fits was cut", s)
		}
	}
}

func TestTLP(t *testing.T) {
	tests := []struct {
		name, want string
		id         int64
	}{
		{"RED", "RED", 1}, {"tlp:amber", "AMBER", 2}, {" Green ", "GREEN", 3}, {"TLP:WHITE", "CLEAR", 4}, {"Clear", "CLEAR", 4},
		{"AMBER+STRICT", "AMBER+STRICT", 5}, {"Amber Strict", "AMBER+STRICT", 5}, {"", "", 0},
	}
	for _, test := range tests {
		if got := tlpLabel(test.name); got != test.want || tlpIDs[got] != test.id {
			t.Errorf("%q: %q with id %d, want %q with id %d", test.name, got, tlpIDs[got], test.want, test.id)
		}
		if got := tlpOf("", test.id); got != test.want {
			t.Errorf("id %d: %q, want %q", test.id, got, test.want)
		}
	}
	if got := tlpOf("TLP:WHITE", 2); got != "CLEAR" {
		t.Errorf("the name is not preferred to the id: %q", got)
	}
	if got := tlpOf("purple", 2); got != "AMBER" {
		t.Errorf("an unknown name hides the id: %q", got)
	}
	order := []string{"RED", "AMBER+STRICT", "AMBER", "GREEN", "WHITE", ""}
	for i := range order[1:] {
		if !tlpStricter(order[i], order[i+1]) || tlpStricter(order[i+1], order[i]) || tlpStricter(order[i], order[i]) {
			t.Errorf("order of %q and %q", order[i], order[i+1])
		}
	}
}

func TestLink(t *testing.T) {
	c := NewClient(nil, Options{BaseURL: "https://tq.example.com/"})
	for ref, want := range map[Ref]string{
		{Events, 5}:     "https://tq.example.com/events/5/details",
		{"a/b", 1}:      "https://tq.example.com/a%2Fb/1/details",
		{Indicators, 0}: "",
	} {
		if got := c.Link(ref); got != want {
			t.Errorf("%v: %q, want %q", ref, got, want)
		}
	}
}
