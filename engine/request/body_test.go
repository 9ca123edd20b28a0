package request_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"tqmap/engine/request"
)

func zip(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise does not compress.
func noise(n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	source.Read(b)
	return b
}

func TestBody(t *testing.T) {
	records := []byte(`{"records":[1,2,3]}`)
	tests := []struct {
		name     string
		encoding string
		body     []byte
		limit    int64
		want     []byte
		err      string
	}{
		{"plain", "", records, 0, records, ""},
		{"empty", "", nil, 0, []byte{}, ""},
		{"empty gzip", "gzip", nil, 0, []byte{}, ""},
		{"gzip", "gzip", zip(t, records), 0, records, ""},
		{"D07 gzip without a label", "", zip(t, records), 0, records, ""},
		{"D07 label without gzip", "gzip", records, 0, records, ""},
		{"gzip file sent as gzip", "gzip", zip(t, zip(t, records)), 0, zip(t, records), ""},
		{"just within the cap", "", records, int64(len(records)), records, ""},
		{"one byte over", "", records, int64(len(records)) - 1, nil, "too large (over 18 bytes): ask for smaller pages"},
		{"cap counts unpacked bytes", "gzip", zip(t, bytes.Repeat(records, 100)), 1000, nil, "too large"},
		{"boundless cap", "", records, math.MaxInt64, records, ""},
		{"bomb", "gzip", zip(t, make([]byte, 8<<20)), 0, nil, "unpacks to more than 200 times"},
		{"small and repetitive", "gzip", zip(t, make([]byte, 1<<19)), 0, make([]byte, 1<<19), ""},
		{"large and dense", "gzip", zip(t, noise(2<<20)), 0, noise(2 << 20), ""},
		{"foreign encoding", "br", []byte("xx"), 0, nil, `content encoding not supported: "br"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, request.Config{MaxBody: test.limit}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", test.encoding)
				w.Write(test.body)
			})
			resp, err := s.Do(t.Context(), request.Request{Path: "/x?k=hunter2"})
			if len(s.seen) != 1 {
				t.Errorf("sent %d times", len(s.seen))
			}
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || errors.Is(err, request.ErrTooLarge) != (test.encoding != "br") {
					t.Errorf("got %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || !bytes.Equal(resp.Body, test.want) {
				t.Fatalf("got %v, %v", resp, err)
			}
			if got := s.seen[0].Header.Get("Accept-Encoding"); got != "gzip" {
				t.Errorf("Accept-Encoding %q", got)
			}
		})
	}
}

// TestBrokenBody: half an answer is no answer. It is asked for again, unless the
// request may have done its work.
func TestBrokenBody(t *testing.T) {
	whole := zip(t, []byte(strings.Repeat("words ", 100)))
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-5] ^= 0xff
	tests := map[string]func() io.Reader{
		"connection lost": func() io.Reader {
			return io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
		},
		"gzip cut short": func() io.Reader { return bytes.NewReader(whole[:len(whole)/2]) },
		"gzip damaged":   func() io.Reader { return bytes.NewReader(damaged) },
		"lost at once":   func() io.Reader { return iotest.ErrReader(errors.New("connection reset by peer")) },
	}
	for name, broken := range tests {
		for _, once := range []bool{false, true} {
			t.Run(name+" once="+strconv.FormatBool(once), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, request.Config{Transport: bodies(broken(), strings.NewReader("whole"))}, nil)
					resp, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Once: once})
					if !once {
						if err != nil || string(resp.Body) != "whole" || len(s.seen) != 2 {
							t.Errorf("%d sent, got %v, %v", len(s.seen), resp, err)
						}
						return
					}
					var e *request.TransportError
					if !errors.As(err, &e) || !e.Sent || len(s.seen) != 1 || !strings.Contains(err.Error(), "may have taken effect") {
						t.Errorf("%d sent, %v", len(s.seen), err)
					}
				})
			})
		}
	}
}

// bodies answers 200 with each body in turn.
func bodies(each ...io.Reader) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		body := each[0]
		each = each[1:]
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
	}
}
