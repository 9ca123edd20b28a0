package threatq

import (
	"strings"
	"testing"

	"tqmap/engine/request"
)

func TestProxy(t *testing.T) {
	tests := map[string]struct {
		status     int
		body, want string
		wantErr    string
	}{
		"url":              {200, `{"data":{"url":"http://p.example.com:3128"}}`, "http://p.example.com:3128", ""},
		"url and account":  {200, `{"data":{"url":"p.example.com:3128","username":"u","password":"p@:"}}`, "http://u:p%40%3A@p.example.com:3128", ""},
		"parts":            {200, `{"data":{"host":"p.example.com","port":3128,"scheme":"HTTPS","username":"u","password":"p"}}`, "https://u:p@p.example.com:3128", ""},
		"host has port":    {200, `{"data":{"host":"p.example.com:1","port":"3128"}}`, "http://p.example.com:1", ""},
		"host has scheme":  {200, `{"data":{"host":"https://p.example.com","port":"3128"}}`, "https://p.example.com:3128", ""},
		"IPv6":             {200, `{"data":{"host":"2001:db8::1","port":"3128"}}`, "http://[2001:db8::1]:3128", ""},
		"no port":          {200, `{"data":{"host":"p","port":null}}`, "http://p", ""},
		"disabled":         {200, `{"data":{"url":"http://p","enabled":0}}`, "", ""},
		"enabled":          {200, `{"data":{"url":"http://p","enabled":"Y"}}`, "http://p", ""},
		"none":             {200, `{"data":{"url":"","host":null}}`, "", ""},
		"empty":            {200, `{}`, "", ""},
		"empty list":       {200, `{"data":[]}`, "", ""},
		"no such endpoint": {404, ``, "", ""},
		"no right":         {403, `{"errors":["no"]}`, "", "403"},
		"unreadable":       {200, `{"data":{"url":"http://u:s3cr3t@p:x y"}}`, "", "cannot be read"},
		"other scheme":     {200, `{"data":{"url":"file:///etc/passwd"}}`, "", "cannot be read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fake{answer: func(request.Request) (int, string) { return test.status, test.body }}
			u, err := NewClient(f, Options{}).Proxy(t.Context())
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("error %v", err)
				}
				return
			}
			got := ""
			if u != nil {
				got = u.String()
			}
			if err != nil || got != test.want || f.log()[0] != "GET /api/configuration/proxy" {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
}
