package recording

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origins are the servers that were talked to, as scheme://host, in the order of their first
// request.
func (r *Recording) Origins() []string {
	var out []string
	for _, x := range r.Exchanges {
		if u, err := url.Parse(x.Request.URL); err == nil && u.Host != "" {
			if origin := u.Scheme + "://" + u.Host; !slices.Contains(out, origin) {
				out = append(out, origin)
			}
		}
	}
	return out
}

// Server serves r over HTTP. Links in answers that lead to a recorded server lead to this
// one. A request that was not recorded is answered with 501 and a JSON document that says
// which recorded one is nearest; an answer that was lost breaks off.
func Server(r *Recording) http.Handler {
	player := NewPlayer(r)
	player.Repeat = true
	origins := r.Origins()
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		resp, err := player.RoundTrip(q)
		var missing *UnrecordedError
		switch {
		case errors.As(err, &missing):
			refuse(w, missing)
			return
		case err != nil:
			panic(http.ErrAbortHandler)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		here := redirected(origins, "http://"+q.Host)
		for name, values := range resp.Header {
			for _, v := range values {
				if name != "Content-Length" {
					w.Header().Add(name, here.Replace(v))
				}
			}
		}
		w.WriteHeader(resp.StatusCode)
		if bodyAllowed(resp.StatusCode, q.Method) {
			_, _ = io.WriteString(w, here.Replace(string(body))) // the client has gone
		}
	})
}

func bodyAllowed(status int, method string) bool {
	return method != http.MethodHead && status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// redirected replaces origins, also as JSON writers that escape slashes write them.
func redirected(origins []string, here string) *strings.Replacer {
	var pairs []string
	for _, o := range slices.SortedFunc(slices.Values(origins), func(a, b string) int { return len(b) - len(a) }) {
		pairs = append(pairs, o, here, strings.ReplaceAll(o, "/", `\/`), strings.ReplaceAll(here, "/", `\/`))
	}
	return strings.NewReplacer(pairs...)
}

func refuse(w http.ResponseWriter, e *UnrecordedError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotImplemented)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": "not in the recording", "asked": e.Asked, "nearest": e.Nearest, "difference": e.Why, "hint": e.Hint()})
}
