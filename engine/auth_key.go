package engine

import (
	"os"

	"tqmap/dsl"
)

// keyAttrs say what a signature is made with.
func keyAttrs() []dsl.Attr {
	return []dsl.Attr{
		textAttr("key", "The secret, or for RSA and elliptic curves the private key in PEM."),
		textAttr("key_file", "File of it, in place of key."),
		choiceAttr("key_encoding", "What a secret is written in.", "text", "base64", "hex"),
	}
}

func checkKey(r *dsl.Reading) {
	switch {
	case !r.Has("key") && !r.Has("key_file"):
		r.Fail("", "Missing attribute", "This block needs key or key_file, what it signs with.")
	case r.Has("key") && r.Has("key_file"):
		r.Fail("key_file", "Given twice", "Give key or key_file, not both.")
	}
}

// readKey returns the key, and tells the redactor of it.
func readKey(a authSetting, r *dsl.Reading) string {
	key, file := r.String("key", ""), r.String("key_file", "")
	if key == "" && file != "" {
		src, err := os.ReadFile(file)
		if err != nil {
			r.Fail("key_file", "Unreadable file", "The key cannot be read: %s.", sentence(err))
		}
		key = string(src)
	}
	a.secrets(key)
	return key
}
