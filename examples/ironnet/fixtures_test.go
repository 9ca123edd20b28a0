package ironnet

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func readFixture(t *testing.T, into any, elem ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	parse(t, string(text), into)
}

func names(t reflect.Type) (out []string) {
	for i := range t.NumField() {
		out = append(out, t.Field(i).Tag.Get("json"))
	}
	slices.Sort(out)
	return out
}

// Our types have exactly the fields of the vendor's own model.
func TestFieldsOfTheModel(t *testing.T) {
	var doc struct {
		Models map[string]map[string]string
		Enums  map[string][]string
	}
	readFixture(t, &doc, fixtures(t), "ironapi_model.json")
	for model, ours := range map[string]reflect.Type{
		"AlertAlert":                      reflect.TypeFor[Alert](),
		"AlertGetAlertsRequest":           reflect.TypeFor[alertsRequest](),
		"AlertGetAlertsResponse":          reflect.TypeFor[alertsAnswer](),
		"AlertSetAlertStatusRequest":      reflect.TypeFor[statusRequest](),
		"AlertCommentOnAlertRequest":      reflect.TypeFor[commentRequest](),
		"AlertRateAlertRequest":           reflect.TypeFor[rateRequest](),
		"EventGetEventsRequest":           reflect.TypeFor[eventsRequest](),
		"EventGetEventsResponse":          reflect.TypeFor[eventsAnswer](),
		"EventGetEventRequest":            reflect.TypeFor[eventRequest](),
		"EventGetEventResponse":           reflect.TypeFor[eventAnswer](),
		"EventEvent":                      reflect.TypeFor[event](),
		"EventDataTable":                  reflect.TypeFor[table](),
		"EventColumn":                     reflect.TypeFor[column](),
		"EventContextEntry":               reflect.TypeFor[cell](),
		"QueryTypesIntRange":              reflect.TypeFor[intRange](),
		"QueryTypesTimeRange":             reflect.TypeFor[timeRange](),
		"QueryTypesQueryConstraint":       reflect.TypeFor[constraint](),
		"QueryTypesQueryConstraintResult": reflect.TypeFor[extent](),
		"AlertAlertSort":                  reflect.TypeFor[sortKey](),
	} {
		if want := slices.Sorted(maps.Keys(doc.Models[model])); !slices.Equal(names(ours), want) {
			t.Errorf("%s: fields %v, want %v", model, names(ours), want)
		}
	}
	for enum, ours := range map[string][]string{
		"AlertAlertStatus":        statuses,
		"AlertAnalystSeverity":    ratings,
		"AlertAnalystExpectation": expectations,
		"AlertAlertSortField":     slices.Collect(maps.Keys(sortFields)),
	} {
		if want := slices.Sorted(slices.Values(doc.Enums[enum])); !slices.Equal(slices.Sorted(slices.Values(ours)), want) {
			t.Errorf("%s: %v, want %v", enum, ours, want)
		}
	}
	for _, tab := range contextOf(event{DstPort: "1"}) {
		for _, col := range tab.Columns {
			for _, c := range col.Values {
				for kind := range c.Data[0] {
					if doc.Models["EventContextData"][kind] == "" {
						t.Errorf("%s.%s: unknown type %s", tab.Name, col.Name, kind)
					}
				}
			}
		}
	}
	for _, k := range generatedKinds {
		if !slices.Contains(doc.Enums["NetworkAppProtocol"], k.protocol) {
			t.Errorf("%s: unknown protocol %s", k.sub, k.protocol)
		}
	}
}

func TestNamesOfTheVocabulary(t *testing.T) {
	var words struct {
		Category []string
		Sub      []string `json:"sub_category"`
	}
	readFixture(t, &words, fixtures(t), "vocabulary.json")
	for _, k := range generatedKinds {
		if !slices.Contains(words.Category, k.category) || !slices.Contains(words.Sub, k.sub) {
			t.Errorf("%s / %s is not in the vocabulary", k.category, k.sub)
		}
	}
}

func TestFieldsOfRecordedEvent(t *testing.T) {
	var recorded struct {
		Event map[string]any
	}
	readFixture(t, &recorded, fixtures(t), "get_event_dns_tunneling.json")
	ours := flat(t, event{})
	for name, value := range recorded.Event {
		mine, ok := ours[name]
		if !ok {
			t.Errorf("recorded field %s is missing", name)
		}
		if value != nil && mine != nil && reflect.TypeOf(mine) != reflect.TypeOf(value) {
			t.Errorf("%s: type %T, recorded %T", name, mine, value)
		}
	}
}

// The synthetic answers go in by Put and come out the same, byte by field.
func TestSyntheticAnswersRoundTrip(t *testing.T) {
	dir := fixtures(t)
	s := start(t, Options{Alerts: -1})
	for _, file := range []string{"get_alerts_page1.json", "get_alerts_page2.json"} {
		var page struct{ Alerts []json.RawMessage }
		readFixture(t, &page, dir, "synthetic", file)
		for _, text := range page.Alerts {
			var a Alert
			parse(t, string(text), &a)
			s.put(a)
			got, _ := s.Alert(a.ID)
			var want map[string]any
			if parse(t, string(text), &want); !reflect.DeepEqual(flat(t, got), want) {
				t.Errorf("%s: got %v\nwant %v", a.ID, flat(t, got), want)
			}
		}
	}
	var page1 any
	readFixture(t, &page1, dir, "synthetic", "get_alerts_page1.json")
	got := s.post("GetAlerts", `{"severity":{"lower_bound":500,"upper_bound":1000},"updated":{"start":"2020-02-04T00:00:00Z","end":"2020-02-06T00:00:00Z"},"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],"constraint":{"limit":3,"offset":0}}`, 200)
	var mine any
	if parse(t, got.body, &mine); !reflect.DeepEqual(mine, page1) {
		t.Errorf("page 1: %s", got.body)
	}
}

// Bodies that a published client sends pass the decoder; what is refused is
// only their placeholder values.
func TestRecordedRequestBodies(t *testing.T) {
	dir := fixtures(t)
	s := start(t, Options{Alerts: 1})
	for file, endpoint := range map[string]string{
		"comment_on_alert": "CommentOnAlert", "get_alerts_all_filters": "GetAlerts", "get_event": "GetEvent",
		"get_events": "GetEvents", "rate_alert": "RateAlert", "set_alert_status": "SetAlertStatus",
	} {
		body, err := os.ReadFile(filepath.Join(dir, "requests", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		s.refused(endpoint, string(body), 400, "UUID")
		mended := strings.NewReplacer("test_alert_id", s.store.at(0).ID, "STATUS_TEST_STATUS", "STATUS_CLOSED",
			"SEVERITY_TEST_ANALYST_SEVERITY", "SEVERITY_BENIGN", "EXP_TEST_ANALYST_EXPECTATION", "EXP_EXPECTED",
			"test_event_id", s.store.eventID(0, 0).String()).Replace(string(body))
		s.post(endpoint, mended, 200)
	}
}

// The recorded answers that mappings are tested with keep to the API's shape.
func TestMappingSamplesRoundTrip(t *testing.T) {
	s := start(t, Options{Alerts: -1})
	for _, file := range []string{"get_alerts_1.json", "get_alerts_2.json", "get_alerts_empty.json"} {
		var page struct{ Alerts []json.RawMessage }
		readFixture(t, &page, "..", "..", "mappings", "testdata", "ironnet", file)
		for _, text := range page.Alerts {
			var a Alert
			parse(t, string(text), &a)
			s.put(a)
			got, _ := s.Alert(a.ID)
			var want map[string]any
			if parse(t, string(text), &want); !reflect.DeepEqual(flat(t, got), want) {
				t.Errorf("%s: got %v\nwant %v", a.ID, flat(t, got), want)
			}
		}
	}
	var want, got any
	readFixture(t, &want, "..", "..", "mappings", "testdata", "ironnet", "get_alerts_2.json")
	body := `{"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],"constraint":{"limit":3,"offset":3}}`
	if parse(t, s.post("GetAlerts", body, 200).body, &got); !reflect.DeepEqual(got, want) {
		t.Errorf("page 2: %v", got)
	}
}
