package request_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tqmap/engine/request"
)

// TestSpool: a long answer is on disk until it is closed, a short one is not.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	long := noise(100_000)
	tests := []struct {
		name    string
		body    []byte
		spool   bool
		onDisk  bool
		maxBody int64
		fails   error
	}{
		{"short", long[:1000], true, false, 0, nil},
		{"long", long, true, true, 0, nil},
		{"long, but not asked for", long, false, false, 0, nil},
		{"over the cap", long, true, false, 50_000, request.ErrTooLarge},
		{"bomb", zip(t, make([]byte, 8<<20)), true, false, 0, request.ErrTooLarge},
		{"gzip", zip(t, long), true, true, 0, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, request.Config{SpoolFrom: 1000, MaxBody: test.maxBody}, func(w http.ResponseWriter, _ *http.Request) { w.Write(test.body) })
			resp, err := s.Do(t.Context(), request.Request{Path: "/x", Spool: test.spool})
			if test.fails != nil {
				if !errors.Is(err, test.fails) {
					t.Errorf("got %v", err)
				}
				expectEmpty(t, dir)
				return
			}
			if err != nil || (resp.Body == nil) != test.onDisk {
				t.Fatalf("%v: %d bytes in memory", err, len(resp.Body))
			}
			for range 2 { // it can be read twice
				in, err := resp.Open()
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(in)
				if err != nil || !bytes.Equal(got, long[:min(len(long), max(len(test.body), 1000))]) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				in.Close()
			}
			if err := errors.Join(resp.Close(), resp.Close()); err != nil {
				t.Error(err)
			}
			if _, err := resp.Open(); test.onDisk && !errors.Is(err, os.ErrClosed) {
				t.Errorf("read after Close: %v", err)
			}
			expectEmpty(t, dir)
			expectClosed(t, dir)
		})
	}
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSpoolWithoutDisk(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	s := newSite(t, request.Config{SpoolFrom: 10}, answers(200))
	_, err := s.Do(t.Context(), request.Request{Path: "/x?k=hunter2", Spool: true})
	if err == nil || !strings.Contains(err.Error(), "cannot be kept on disk") || len(s.seen) != 1 || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%d sent, %v", len(s.seen), err)
	}
}

// TestSpooledRefusals: rules see a spooled answer, errors and observers its start.
func TestSpooledRefusals(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	long := bytes.Repeat([]byte("ab"), 100_000)
	var seen []request.Exchange
	serve := func(action request.Action) error {
		s := newSite(t, request.Config{
			SpoolFrom: 1000, Sleep: noSleep, Observe: func(x request.Exchange) { seen = append(seen, x) },
			Judge: func(_ context.Context, a *request.Response) (request.Ruling, error) {
				in, err := a.Open()
				if err != nil {
					return request.Ruling{}, err
				}
				if all, _ := io.ReadAll(in); !bytes.Equal(all, long) {
					t.Errorf("the rules see %d bytes", len(all))
				}
				return request.Ruling{Action: action}, nil
			},
		}, func(w http.ResponseWriter, _ *http.Request) { w.Write(long) })
		_, err := s.Do(t.Context(), request.Request{Path: "/x", Spool: true})
		return err
	}
	var ruled *request.RuledError
	if err := serve(request.Skip); !errors.As(err, &ruled) || !bytes.Equal(ruled.Response.Body, long[:64<<10]) {
		t.Errorf("got %v", err)
	}
	var status *request.StatusError
	if err := serve(request.Retry); !errors.As(err, &status) || !bytes.Equal(status.Body, long[:64<<10]) || status.Attempts != 4 {
		t.Errorf("got %v", err)
	}
	if len(seen) != 5 || slices.ContainsFunc(seen, func(x request.Exchange) bool { return !x.Spooled || len(x.ResponseBody) != 64<<10 }) {
		t.Errorf("%d exchanges", len(seen))
	}
	expectEmpty(t, dir)
	expectClosed(t, dir)
}

// expectClosed looks for files in dir that are still open, though removed.
func expectClosed(t *testing.T, dir string) {
	t.Helper()
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if name, err := os.Readlink(fd); err == nil && strings.HasPrefix(name, dir) {
			t.Errorf("still open: %s", name)
		}
	}
}
