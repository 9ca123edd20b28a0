package threatq

import (
	"fmt"
	"testing"
)

// The expected values are those of objects captured from the platform.
func TestSyncHash(t *testing.T) {
	for _, test := range []struct {
		value string
		typ   int64
		want  string
	}{
		{"8c71fb3f7593543f2ad180d31148a7cf", 18, "68430f34910adb87797ca0df95354393"},
		{"Example Subject", 7, "329d94958a7f6e9c87e419d0754f9f0a"},
	} {
		if have := fmt.Sprintf("%x", syncHash(test.value, test.typ)); have != test.want {
			t.Errorf("syncHash(%q, %d) = %s, want %s", test.value, test.typ, have, test.want)
		}
	}
	if syncHash("example subject", 7) == syncHash("Example Subject", 7) {
		t.Error("the case of an indicator's value does not count")
	}
}

func TestEventHash(t *testing.T) {
	for _, test := range []struct{ title, at, want string }{
		{"123123", "2020-08-14 11:30:02", "5d1ee5105448a27443f8b451c5b081e1"},
		{"test", "2020-07-19 09:19:00", "78f58dacd9c215003911a09d5b3e810d"},
		{"Test", "2020-07-19 09:19:00", "78f58dacd9c215003911a09d5b3e810d"},
	} {
		unix, err := parseTime(test.at)
		if err != nil {
			t.Fatal(err)
		}
		if have := fmt.Sprintf("%x", eventHash(test.title, unix)); have != test.want {
			t.Errorf("eventHash(%q, %s) = %s, want %s", test.title, test.at, have, test.want)
		}
	}
}

func TestKindsAreDistinct(t *testing.T) {
	ks := newKinds()
	names, nums := map[string]bool{}, map[int64]bool{}
	for _, k := range ks.all {
		if names[k.collection] || nums[k.num] {
			t.Errorf("%s (%d) is there twice", k.collection, k.num)
		}
		names[k.collection], nums[k.num] = true, true
		if uidKind(k.uid(12345)) != k.num || uidID(k.uid(12345)) != 12345 {
			t.Errorf("%s: uid(12345) does not go back", k.code)
		}
	}
	for _, name := range []string{"attack_pattern", "attackPattern", "attack_patterns"} {
		if k := ks.relation(name); k == nil || k.code != "attack_pattern" {
			t.Errorf("relation(%q) = %v", name, k)
		}
	}
}

func TestNormalize(t *testing.T) {
	url, fqdn := &typeRow{Type: Type{Name: "URL"}}, &typeRow{Type: Type{Name: "FQDN"}}
	for _, test := range []struct {
		typ        *typeRow
		value, out string
	}{
		{url, "http://www.example.com/a?b=http://c", "www.example.com/a?b=http://c"},
		{url, "HTTPS://example.com:443/x", "example.com/x"},
		{url, "http://example.com:80", "example.com"},
		{url, "http://example.com:8080/x", "example.com:8080/x"},
		{url, "http://example.com/", "example.com/"},
		{url, ` "example.com/x" `, "example.com/x"},
		{fqdn, " example.com ", "example.com"},
		{fqdn, "http://example.com", "http://example.com"},
		{nil, "'a'", "a"},
	} {
		if have := normalize(test.typ, test.value); have != test.out {
			t.Errorf("normalize(%q) = %q, want %q", test.value, have, test.out)
		}
	}
}
