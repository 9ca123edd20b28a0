package aed

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == loginPath { // where a redirect leads
		page(http.StatusOK, loginPage).send(w)
		return
	}
	call := Call{Time: s.opt.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	fault, hit := s.faults.take(r)
	if hit {
		call.Fault = fault.Kind
	}
	ans, dropped := s.produce(r, fault)
	if !dropped {
		call.Status = ans.status
	}
	s.journal.add(call) // before the answer leaves, so its receiver sees it
	if dropped {
		panic(http.ErrAbortHandler)
	}
	ans.send(w)
}

// produce makes the answer with the fault, if any, applied.
func (s *Simulator) produce(r *http.Request, fault Fault) (ans *answer, dropped bool) {
	if fault.Kind == FaultDrop {
		return nil, true
	}
	if ans := fault.instead(); ans != nil {
		return ans, false
	}
	ans = s.dispatch(r, fault)
	if fault.Kind == FaultTruncated {
		ans.body = ans.body[:len(ans.body)/2]
	}
	return ans, false
}

// address is where resources are: both names of the product, a version, and a slash at the end.
var address = regexp.MustCompile(`^/api/(?:aed|aps)/v([0-9]+)/([a-z-]+)/$`)

// dispatch checks the token, and then answers.
func (s *Simulator) dispatch(r *http.Request, fault Fault) *answer {
	token := r.Header.Get("X-Arbux-APIToken")
	switch {
	case token == "":
		return toLogin()
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.opt.Token)) == 0:
		return unauthorized()
	}
	at := address.FindStringSubmatch(r.URL.Path)
	if at == nil || r.Method != http.MethodGet {
		return notFound()
	}
	version, _ := strconv.Atoi(at[1]) // digits; beyond all numbers it is beyond all versions
	if version < 1 || version > s.opt.Version {
		return notFound()
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badField("query", "The query cannot be read.")
	}
	for _, name := range strings.Split(fault.Param, ",") {
		query.Del(name)
	}
	switch at[2] {
	case "summary":
		return found(record{"protectionLevel": 1, "active": 1, "timeCreated": s.opt.Epoch.Unix()})
	case "alerts":
		return s.listAlerts(query, fault.limit(s.opt.PageCap))
	}
	if rows, ok := s.settings(version)[at[2]]; ok {
		return listed(at[2], rows, query, fault.limit(s.opt.PageCap))
	}
	return notFound()
}

// settings are the lists beside the alerts; version 3 has other names for some.
func (s *Simulator) settings(version int) map[string][]record {
	denied := "denied-"
	if version < 3 {
		denied = "blacklisted-"
	}
	at := s.opt.Epoch.Unix()
	return map[string][]record{
		"protection-groups": groupRows(at),
		"server-types":      {{"serverType": 0, "serverName": "Generic Server", "stixEnabled": true}, {"serverType": 33, "serverName": "Mail Server", "stixEnabled": false}},
		denied + "hosts":    {{"hostAddress": host(1), "annotation": []string{"sandbox"}, "cid": []int{-1}, "pgid": []int{-1}, "updateTime": at}},
		denied + "domains":  {{"domain": "drop01.rare.sandbox.test", "annotation": []string{}, "cid": []int{-1}, "pgid": []int{-1}, "updateTime": at}},
	}
}

func groupRows(at int64) (out []record) {
	for _, g := range groups {
		out = append(out, record{"pgid": g.id, "name": g.name, "serverName": g.server, "active": 1, "protectionLevel": 1, "timeCreated": at, "prefixes": []string{"192.88.99.0/24"}})
	}
	return out
}
