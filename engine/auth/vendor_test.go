package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// inProcess is a transport that calls a handler and opens no connection.
type inProcess struct{ http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	return w.Result(), nil
}

// vendor is a server with a login. Tokens are token-1, token-2, … unless set.
type vendor struct {
	mu         sync.Mutex
	statuses   []int // of the logins in turn, then 200
	tokens     []string
	expiresIn  string // JSON number, "" leaves the field out
	revoked    map[string]bool
	logins     int
	authorized []string // what the calls carried
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.URL.Path == "/Login" {
		v.login(w, r)
		return
	}
	carried := r.Header.Get("Authorization")
	v.authorized = append(v.authorized, carried)
	if v.revoked[strings.TrimPrefix(carried, "Bearer ")] {
		w.WriteHeader(401)
	}
}

func (v *vendor) login(w http.ResponseWriter, r *http.Request) {
	n := v.logins
	v.logins++
	if user, password, _ := r.BasicAuth(); user != "user" || password != "hunter2" {
		w.WriteHeader(401)
		return
	}
	if n < len(v.statuses) && v.statuses[n] != 200 {
		w.WriteHeader(v.statuses[n])
		return
	}
	answer := map[string]any{"token": fmt.Sprint("token-", n+1)}
	if n < len(v.tokens) {
		answer["token"] = v.tokens[n]
	}
	if v.expiresIn != "" {
		answer["expires_in"] = json.Number(v.expiresIn)
	}
	json.NewEncoder(w).Encode(answer)
}

type session struct {
	*request.Client
	*auth.Login
	secrets []string
	log     strings.Builder
}

// connect makes a client of v that logs in with user and hunter2, after c is adapted.
func connect(t *testing.T, v http.Handler, adapt func(*auth.LoginConfig)) *session {
	t.Helper()
	s := &session{}
	base := &url.URL{Scheme: "https", Host: "api.example"}
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := auth.LoginConfig{
		Doer: request.New(request.Config{Name: "login", BaseURL: base, Transport: inProcess{v}, Auth: auth.Basic{Username: "user", Password: "hunter2"}}),
		Request: func(context.Context) (request.Request, error) {
			return request.Request{Method: "POST", Path: "/Login", Body: []byte("{}"), ContentType: "application/json"}, nil
		},
		Token:    readToken,
		OnSecret: func(token string) { s.secrets = append(s.secrets, token) },
		Log:      log,
	}
	if adapt != nil {
		adapt(&c)
	}
	var err error
	if s.Login, err = auth.NewLogin(c); err != nil {
		t.Fatal(err)
	}
	s.Client = request.New(request.Config{Name: "client", BaseURL: base, Transport: inProcess{v}, Auth: s.Login, Log: log})
	return s
}

func readToken(r *request.Response) (string, time.Time, error) {
	var answer struct {
		Token     string
		ExpiresIn int64 `json:"expires_in"`
	}
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		return "", time.Time{}, errors.New("the answer is no JSON")
	}
	if answer.ExpiresIn == 0 {
		return answer.Token, time.Time{}, nil
	}
	return answer.Token, time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second), nil
}

func (s *session) call(ctx context.Context) error {
	_, err := s.Do(ctx, request.Request{Method: "POST", Path: "/GetAlerts"})
	return err
}

// jwt ends at the given Unix time.
func jwt(exp int64) string {
	return "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, exp)) + ".sig"
}
