package code

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
)

// MD5 and SHA-1 are here because identities of other systems are made of them,
// not to protect anything.

var md5Func = Func{
	Name:      "md5",
	Signature: "md5(text) string",
	Summary:   "The MD5 of a text, in hexadecimal. For identities, not for protection. nil stays nil.",
	Examples:  []Example{{`md5('abc')`, `"900150983cd24fb0d6963f7d28e17f72"`}},
	types:     []any{new(func(any) any)},
	call:      digest("md5", md5.New),
}

var sha1Func = Func{
	Name:      "sha1",
	Signature: "sha1(text) string",
	Summary:   "The SHA-1 of a text, in hexadecimal. For identities, not for protection. nil stays nil.",
	Examples:  []Example{{`sha1('abc')`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`}},
	types:     []any{new(func(any) any)},
	call:      digest("sha1", sha1.New),
}

var sha256Func = Func{
	Name:      "sha256",
	Signature: "sha256(text) string",
	Summary:   "The SHA-256 of a text, in hexadecimal. nil stays nil.",
	Examples:  []Example{{`sha256('abc')`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`}},
	types:     []any{new(func(any) any)},
	call:      digest("sha256", sha256.New),
}

var sha512Func = Func{
	Name:      "sha512",
	Signature: "sha512(text) string",
	Summary:   "The SHA-512 of a text, in hexadecimal. nil stays nil.",
	Examples: []Example{{`sha512('abc')`,
		`"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"`}},
	types: []any{new(func(any) any)},
	call:  digest("sha512", sha512.New),
}

var hmacFunc = Func{
	Name:      "hmac",
	Signature: "hmac(algorithm, key, text) string",
	Summary:   "The keyed hash of a text (RFC 2104), in hexadecimal. Algorithms are md5, sha1, sha256, sha384 and sha512. A nil text stays nil.",
	Examples: []Example{
		{`hmac('sha256', 'Jefe', 'what do ya want for nothing?')`, `"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"`},
		{`hmac('sha256', 'Jefe', nil)`, `null`},
	},
	types: []any{new(func(string, any, any) any)},
	call: func(args ...any) (any, error) {
		algorithm, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		newHash := hashes()[algorithm]
		if newHash == nil {
			return nil, faultf("hmac takes md5, sha1, sha256, sha384 or sha512")
		}
		key, err := textArg(args, 1)
		if err != nil {
			return nil, err
		}
		return digest("hmac", func() hash.Hash { return hmac.New(newHash, []byte(key)) })(args[2:]...)
	},
}

func hashes() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{
		"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	}
}

func digest(name string, newHash func() hash.Hash) func(...any) (any, error) {
	return plainText(name, func(text string) string {
		h := newHash()
		h.Write([]byte(text))
		return hex.EncodeToString(h.Sum(nil))
	})
}
