package recording

import (
	"regexp"
	"strings"
)

// secretWords are what names of secrets are made of, without separators and in lower case.
var secretWords = regexp.MustCompile(`password|passwd|passphrase|secret|apikey|accesskey|privatekey|authkey|sharedkey|sessionid|sessionkey|authorization|assertion|jwt|bearer|token|^(pass|pwd|otp|xauth|subscriptionkey|csrf|xsrf|jsessionid|phpsessid|codeverifier)$`)

// wireWords are secrets in the name of a header or a parameter of a URL; in a record they are
// what an alert speaks of.
var wireWords = regexp.MustCompile(`signature|hmac|cookie|^(x?sig|x?key|sid|x?auth|code|pin)$`)

// Names that only look so: what describes a secret, and a place in a list.
var (
	describing = regexp.MustCompile(`(type|url|uri|endpoint|expires|expiry|expiration|expiresin|expiresat|expire|lifetime|ttl|count|policy|length|age|hint|changed|created|updated|name|method|algorithm|required|enabled|status|valid)$|^(expires|has|is)`)
	position   = regexp.MustCompile(`page|next|prev|continu|cursor|scroll|offset|sync|delta|skip|resume`)
	separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "", "$", "", "@", "")
)

// secretName says whether a field, parameter or header is called like something secret.
func secretName(name string) bool {
	plain := separators.Replace(strings.ToLower(name))
	return secretWords.MatchString(plain) && !describing.MatchString(plain) && !position.MatchString(plain)
}

// wireName is secretName for a header or a parameter of a URL.
func wireName(name string) bool {
	plain := separators.Replace(strings.ToLower(name))
	return secretName(name) || wireWords.MatchString(plain) && !describing.MatchString(plain)
}

// passwordName is a secret that goes with the name of a user.
func passwordName(name string) bool {
	plain := separators.Replace(strings.ToLower(name))
	return secretName(name) && (strings.HasPrefix(plain, "pass") || strings.Contains(plain, "password") || strings.Contains(plain, "secret") || plain == "pwd")
}

var userWords = regexp.MustCompile(`^(credential|credentials|user|username|userid|login|loginname|account|accountname|samaccountname|userprincipalname|upn|logonname|email|mail|clientid|uid|principal|owner|assignee|analyst|acknowledgedby|createdby|updatedby|modifiedby|author)$`)

// userName says whether a field holds the name of a person or an account.
func userName(name string) bool {
	return userWords.MatchString(separators.Replace(strings.ToLower(name)))
}
