package ironnet

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	apiPrefix = "/IronApi/"
	maxBody   = 1 << 20
)

// failure is an error with its HTTP status; IronAPI writes it as {"msg": text}.
type failure struct {
	status int
	msg    string
	retry  time.Duration // Retry-After, if above zero
}

func (f *failure) Error() string { return f.msg }

func problem(status int, msg string) error { return &failure{status: status, msg: msg} }

// answer is a whole response, kept back until faults had their say.
type answer struct {
	status int
	header http.Header
	body   []byte
}

var endpoints = []string{"Login", "GetAlerts", "SetAlertStatus", "CommentOnAlert", "RateAlert", "GetEvents", "GetEvent"}

// endpoint answers one call; a fault that bends the data reaches it by kind.
type endpoint func(body []byte, fault string) (any, error)

func (s *Simulator) endpoint(name string) endpoint {
	plain := func(run func([]byte) (any, error)) endpoint {
		return func(body []byte, _ string) (any, error) { return run(body) }
	}
	switch name {
	case "Login":
		return plain(s.login)
	case "GetAlerts":
		return s.getAlerts
	case "SetAlertStatus":
		return plain(s.setAlertStatus)
	case "CommentOnAlert":
		return plain(s.commentOnAlert)
	case "RateAlert":
		return plain(s.rateAlert)
	case "GetEvents":
		return plain(s.getEvents)
	case "GetEvent":
		return plain(s.getEvent)
	}
	return nil
}

func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	call := Call{Time: s.opt.Now(), Method: r.Method, Path: r.URL.Path, Auth: authScheme(r)}
	body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	name := strings.TrimPrefix(r.URL.Path, apiPrefix)
	if name != "Login" { // a client may put a password there by mistake
		call.Body = smallBody(body)
	}

	fault, hit := s.faults.take(r, name)
	if hit {
		call.Fault = fault.Kind
	}
	ans, dropped := s.produce(r, name, body, readErr, fault)
	if !dropped {
		call.Status = ans.status
	}
	s.journal.add(call) // before the answer leaves, so its receiver sees it
	if dropped {
		panic(http.ErrAbortHandler)
	}
	ans.send(w)
}

func (ans answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), ans.header)
	w.WriteHeader(ans.status)
	_, _ = w.Write(ans.body) // the client may be gone; nothing to do then
}

// produce makes the answer with the fault, if any, applied.
func (s *Simulator) produce(r *http.Request, name string, body []byte, readErr error, fault Fault) (ans answer, dropped bool) {
	switch fault.Kind {
	case FaultDrop:
		return answer{}, true
	case FaultSlow:
		wait(r, fault.Delay)
	case FaultExpired:
		if token, ok := bearer(r); ok {
			s.revoked.add(token)
		}
	}
	if ans, ok := fault.instead(); ok {
		return ans, false
	}
	result, fresh, err := s.dispatch(r, name, body, readErr, fault.Kind)
	ans = encode(result, err)
	if fresh != "" {
		ans.header.Set("auth-token", fresh)
	}
	return fault.bend(ans), fault.Kind == FaultDropAfter
}

// dispatch runs the checks in the order path, method, rate, login, body, and
// then the endpoint.
func (s *Simulator) dispatch(r *http.Request, name string, body []byte, readErr error, fault string) (result any, fresh string, err error) {
	run := s.endpoint(name)
	switch {
	case run == nil:
		return nil, "", problem(http.StatusNotFound, "no such endpoint; this simulator has "+apiPrefix+" with "+strings.Join(endpoints, ", "))
	case r.Method != http.MethodPost:
		return nil, "", problem(http.StatusMethodNotAllowed, "every IronAPI call is a POST")
	}
	if wait := s.limiter.take(name, s.opt.Now()); wait > 0 {
		return nil, "", &failure{http.StatusTooManyRequests, "too many requests on this endpoint", wait}
	}
	if fresh, err = s.authenticate(r, name); err != nil {
		return nil, "", err
	}
	if err := checkBody(r, body, readErr); err != nil {
		return nil, fresh, err
	}
	result, err = run(body, fault)
	return result, fresh, err
}

func checkBody(r *http.Request, body []byte, readErr error) error {
	if readErr != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(readErr, &tooLarge) {
			return problem(http.StatusRequestEntityTooLarge, "the body is above 1 MiB")
		}
		return problem(http.StatusBadRequest, "the body could not be read")
	}
	if len(body) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return problem(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
	}
	return nil
}

// raw is an answer without a body, see Options.NoBody.
type raw struct{}

func encode(result any, err error) answer {
	ans := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			f = &failure{status: http.StatusInternalServerError, msg: err.Error()}
		}
		ans.status, result = f.status, map[string]string{"msg": f.msg}
		f.headers(ans.header)
	}
	if _, empty := result.(raw); !empty {
		ans.body = marshal(result)
	}
	return ans
}

func (f *failure) headers(h http.Header) {
	switch f.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Basic realm="IronAPI"`)
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	}
	if f.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((f.retry+time.Second-1)/time.Second)))
	}
}

func marshal(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // links keep their &
	if err := enc.Encode(v); err != nil {
		panic("ironnet simulator: an answer of its own types cannot be encoded: " + err.Error())
	}
	return []byte(b.String())
}
