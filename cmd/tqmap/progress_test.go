package main

import (
	"bytes"
	"strings"
	"testing"

	"tqmap/engine"
)

func TestLogLinesStandAboveTheProgressLine(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	p.quiet = false // as on a terminal
	p.show(&engine.FlowReport{Name: "alerts", Fetched: 7})
	if _, err := p.Write([]byte("a log line\n")); err != nil {
		t.Fatal(err)
	}
	p.done()
	want := clearLine + "alerts: 7 fetched, 0 created, 0 updated, 0 unchanged, 0 dead" +
		clearLine + "a log line\n" + "alerts: 7 fetched, 0 created, 0 updated, 0 unchanged, 0 dead" + clearLine
	if got := out.String(); got != want {
		t.Errorf("drawn %q, want %q", got, want)
	}
}

func TestNoProgressLineOffTerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	p.show(&engine.FlowReport{Name: "alerts"})
	p.done()
	if strings.Contains(out.String(), "\x1b") || out.Len() != 0 {
		t.Errorf("drawn %q into a file", out.String())
	}
}
