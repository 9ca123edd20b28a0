package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tqmap/mappings"
)

// browser is a tab of a headless chromium.
type browser struct {
	ctx context.Context
	// said gives what the browser says in its console, one after the other.
	said func() (chromedp.ConsoleMessage, error, bool)
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("left out: the page of tqmap preview in a real browser, as there is no chromium here (apt-get install chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	said, stop := iter.Pull2(chromedp.Console(ctx))
	t.Cleanup(stop)
	return &browser{ctx, said}
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// script runs a program in the page for what it does.
func script(program string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](program)
}

// slash is the key that leads to the search. The browser is told of no key press behind it, as
// the page has taken it.
func slash() chromedp.Action[chromedp.Void] {
	return script(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }))`)
}

// ask runs a program in the page for its result.
func ask[T any](t *testing.T, b *browser, program string) T {
	t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](program))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// open shows a page in a window of this width, and waits until its records are there.
func (b *browser) open(t *testing.T, path string, width int64, scheme string) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if got := ask[string](t, b, `innerWidth + " " + matchMedia("(prefers-color-scheme: dark)").matches`); got != fmt.Sprint(width, " ", scheme == "dark") {
		t.Fatalf("the window is %s", got)
	}
	b.do(t, chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+path), chromedp.WaitReady(chromedp.CSS("#records > *")))
}

// clean says that the browser has not complained: no error, and nothing that the page's policy forbids.
func (b *browser) clean(t *testing.T) {
	t.Helper()
	b.do(t, script(`console.log("so far")`))
	for {
		m, err, ok := b.said()
		if err != nil || !ok {
			t.Fatal(err)
		}
		if m.Text == "so far" {
			return
		}
		t.Errorf("the browser says: %s", m)
	}
}

// pageOf writes the page of a preview.
func pageOf(t *testing.T, wantCode int, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now}
	if code := a.main(t.Context(), append([]string{"tqmap", "preview", "--html", path, "-v1"}, args...)); code != wantCode {
		t.Fatalf("exit code %d, want %d: %s", code, wantCode, &out)
	}
	return path
}

// overflow is by how much the page is wider than its window, and what is to blame.
const overflow = `(() => {
  const e = document.documentElement, out = [];
  if (e.scrollWidth > e.clientWidth) {
    for (const x of document.querySelectorAll("body *")) {
      const r = x.getBoundingClientRect();
      if (r.right > e.clientWidth + 0.5 && r.width > 0 && out.length < 5) out.push(x.tagName + "." + x.className + " " + Math.round(r.right) + " " + x.textContent.slice(0, 60));
    }
    out.push("scrollWidth " + e.scrollWidth + " clientWidth " + e.clientWidth);
  }
  return out;
})()`

// faint are the texts whose contrast to what is behind them is below 4.5.
const faint = `(() => {
  const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const seen = new Map();
  let texts = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || ["SCRIPT", "NOSCRIPT"].includes(e.tagName)) continue;
    texts++;
    const s = getComputedStyle(e), a = light(parse(s.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) seen.set(e.className + " " + s.color, ratio.toFixed(2) + " " + e.tagName + "." + e.className + " " + walk.currentNode.data.slice(0, 30));
  }
  return texts < 20 ? ["only " + texts + " texts"] : [...seen.values()];
})()`

// The page of each built-in mapping, in a real browser: no complaint of its policy, nothing wider
// than the window, every text readable, in both colour schemes.
func TestPreviewPageInBrowser(t *testing.T) {
	b := openBrowser(t)
	for _, name := range builtins() {
		page := pageOf(t, exitOK, name, "--sandbox", "--limit", "12", "-c", t.TempDir())
		for _, width := range []int64{1280, 400} {
			for _, scheme := range []string{"light", "dark"} {
				t.Run(fmt.Sprintf("%s %d %s", name, width, scheme), func(t *testing.T) {
					b.open(t, page, width, scheme)
					b.looksRight(t)
				})
			}
		}
	}
}

func (b *browser) looksRight(t *testing.T) {
	t.Helper()
	b.do(t, script(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`))
	if n := ask[int](t, b, `document.querySelectorAll(".record .object, .record .letter").length`); n == 0 {
		t.Error("no record shows an object")
	}
	for _, wide := range ask[[]string](t, b, overflow) {
		t.Errorf("wider than the window: %s", wide)
	}
	for _, text := range ask[[]string](t, b, faint) {
		t.Errorf("too little contrast: %s", text)
	}
	b.clean(t)
}

// hostileRecords hold what would break out of a page that takes text for anything else.
func hostileRecords(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mapping := filepath.Join(dir, "m.hcl")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(mapping, hostileMapping)
	write(filepath.Join(dir, "answer.json"), `[
  {"id": "</script><script>console.log(1)</script>", "name": "<img src=x onerror=console.log(2)>", "text": "\u202edesrever\u0000\u001b[31m \"'`+"`"+`${1}", "hosts": ["bad.example", "x.corp.example"], "other": {"deep": [1, {"__proto__": "x"}]}},
  {"id": "long", "name": "`+strings.Repeat("W", 3000)+`", "text": "`+strings.Repeat("x", 1<<20)+`", "hosts": []},
  {"name": "no key", "text": "t", "hosts": []},
  {"id": "needle", "name": "found", "text": "t", "hosts": ["one.example", "two.example"]}
]`)
	return mapping
}

const hostileMapping = `connector "hostile" {
  title  = "Hostile </title><script>console.log(3)</script>"
  source = "Feed"
}
client "api" { base_url = "https://api.example" }
flow "threats" {
  source "http" {
    client = client.api
    request { path = "/" }
  }
  record "threat" {
    extract = jq(".[]")
    key     = expr("threat.id")
    samples = "answer.json"
  }
  malware "threat" {
    value       = expr("threat.name")
    description = expr("threat.text")
    tags        = ["</style>"]
    tlp         = "AMBER"
  }
  indicator "host" {
    for_each = expr("threat.hosts")
    type     = "FQDN"
    value    = expr("each")
    related  = [malware.threat]
    reject "ours" { when = expr("each endsWith '.corp.example'") }
  }
}
`

// Hostile records stay text, and the page can be searched and filtered with the keyboard alone.
func TestPreviewPageIsUsed(t *testing.T) {
	b := openBrowser(t)
	mapping := hostileRecords(t)
	page := pageOf(t, exitPartial, mapping, "--from", filepath.Join(filepath.Dir(mapping), "answer.json"))
	for _, width := range []int64{1280, 400} {
		b.open(t, page, width, "light")
		b.looksRight(t)
	}
	if got := ask[string](t, b, `document.querySelector(".record .name").textContent`); got != "<img src=x onerror=console.log(2)>" {
		t.Errorf("the name is %q", got)
	}
	if got := ask[string](t, b, `document.querySelector(".record dd .ctl").textContent`); got != "U+202E" {
		t.Errorf("what turns the direction is shown as %q", got)
	}
	if n := ask[int](t, b, `document.body.textContent.length - document.getElementById("data").textContent.length`); n > 100_000 {
		t.Errorf("%d characters are drawn of a text of a million", n)
	}
	b.do(t, script(`[...document.querySelectorAll("dd .all")].pop().click()`))
	if n := ask[int](t, b, `Math.max(...[...document.querySelectorAll("dd")].map((d) => d.textContent.length))`); n != 1<<20 {
		t.Errorf("%d characters are there after all were asked for", n)
	}
	b.do(t, script(`document.querySelector('[data-record="3"]').click()`))
	if got := ask[string](t, b, `document.querySelector(".record.at").id + document.activeElement.id`); got != "r3r3" {
		t.Errorf("the letter leads to %q", got)
	}
	shown := func() string {
		return ask[string](t, b, `[...document.querySelectorAll(".record")].map((r) => r.id).join(" ") + " | " + document.getElementById("status").textContent`)
	}
	for _, step := range []struct{ program, want string }{
		{``, "r1 r2 r3 r4 | 4 records"},
		{`document.querySelector('[data-filter="kind:indicator"]').click()`, "r1 r4 | 2 of 4 records"},
		{`document.querySelector('[data-filter="kind:indicator"]').click()`, "r1 r2 r3 r4 | 4 records"},
		{`document.querySelector('[data-filter="dead"]').click()`, "r1 r3 | 2 of 4 records"},
		{`document.querySelector('[data-filter="dead"]').click()`, "r1 r2 r3 r4 | 4 records"},
	} {
		b.do(t, script(step.program))
		if got := shown(); got != step.want {
			t.Errorf("%s: %s, want %s", step.program, got, step.want)
		}
	}
	b.do(t, slash(), chromedp.KeyEvent("TWO.example"), chromedp.Poll[chromedp.Void](`document.getElementById("status").textContent === "1 of 4 records"`))
	if got := shown(); got != "r4 | 1 of 4 records" || ask[int](t, b, `CSS.highlights.get("found").size`) == 0 {
		t.Errorf("searched for: %s", got)
	}
	b.do(t, chromedp.KeyEvent(kb.Escape))
	if got := shown(); got != "r1 r2 r3 r4 | 4 records" {
		t.Errorf("after Escape: %s", got)
	}
	b.do(t, script(`document.querySelector(".raw > details").open = true; document.querySelector(".fold").focus()`), chromedp.KeyEvent(kb.Enter))
	if got := ask[string](t, b, `document.querySelector(".fold").getAttribute("aria-expanded") + " " + document.querySelectorAll("#r1 .l[hidden]").length`); got != "false 2" {
		t.Errorf("folded: %s", got)
	}
	b.clean(t)
}

// Of very many records only those in sight are drawn, and all are found.
func TestPreviewPageOfManyRecords(t *testing.T) {
	b := openBrowser(t)
	mapping := hostileRecords(t)
	var records []string
	for i := range 2000 {
		records = append(records, fmt.Sprintf(`{"id": "r%d", "name": "n%d", "text": %q, "hosts": ["h%d.example"]}`, i, i, strings.Repeat("some text ", 100), i))
	}
	answer := filepath.Join(filepath.Dir(mapping), "many.json")
	if err := os.WriteFile(answer, []byte("["+strings.Join(records, ",")+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	page := pageOf(t, exitOK, mapping, "--limit", "0", "--from", answer)
	b.open(t, page, 1280, "light")
	if n := ask[int](t, b, `document.querySelectorAll(".record").length`); n == 0 || n > 200 {
		t.Errorf("%d records are drawn at once", n)
	}
	b.do(t, slash(), chromedp.KeyEvent("h1999.example"))
	b.do(t, chromedp.Poll[chromedp.Void](`document.getElementById("status").textContent === "1 of 2,000 records"`))
	if got := ask[string](t, b, `document.querySelector(".record").id`); got != "r2000" {
		t.Errorf("found %s", got)
	}
	b.clean(t)
	size, _ := os.Stat(page)
	t.Logf("2,000 records: %.1f MB, drawn at first in %.0f ms", float64(size.Size())/1e6, ask[float64](t, b, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
}

// What ThreatQ would be told: signs, changes old above new, and filters for both.
func TestPreviewPageCompared(t *testing.T) {
	b := openBrowser(t)
	dir := t.TempDir()
	mapping := filepath.Join(dir, "copy.hcl")
	text, err := mappings.FS.ReadFile("ironnet.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mapping, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now}
	if code := a.main(t.Context(), []string{"tqmap", "run", mapping, "--sandbox", "--sandbox-records", "6", "-c", dir}); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	save(t, mapping, "'IronNet Alert: '", "'Alarm: '")
	page := pageOf(t, exitOK, mapping, "--diff", "--sandbox", "-c", dir)
	for _, scheme := range []string{"light", "dark"} {
		b.open(t, page, 400, scheme)
		b.looksRight(t)
	}
	b.do(t, script(`document.querySelector('[data-filter="op:~"]').click()`))
	if got := ask[string](t, b, `[...new Set([...document.querySelectorAll(".object > summary .sign")].map((s) => s.textContent))].join()`); got != "~" {
		t.Errorf("objects with the signs %q are shown", got)
	}
	if got := ask[string](t, b, `(() => { const c = document.querySelector(".changes"); return [c.querySelector("del"), c.querySelector("ins")].map((e) => e.textContent.slice(0, 6)).join(); })()`); got != "IronNe,Alarm:" {
		t.Errorf("the change is %q", got)
	}
	b.clean(t)
}
