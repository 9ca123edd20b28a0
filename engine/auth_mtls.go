package engine

import (
	"errors"

	"tqmap/dsl"
	"tqmap/engine/request"
)

func mtlsAuth() authKind {
	return authKind{
		spec: &dsl.Block{
			Type: "mtls", Summary: "A client certificate for every connection to the server, and to no other host. Goes together with any other block.",
			Example: `auth "mtls" {
  cert_file   = "/etc/tqmap/client.pem"
  key         = param.client_key
  ca_file     = "/etc/tqmap/ca.pem"
  server_name = "appliance.internal"
}`,
			Describe: func(r *dsl.Reading) string {
				return sentences("Shows a client certificate on every connection to this server, and to no other host.",
					wordedIf(r, "cert_file", "The certificate is read from %s."), wordedIf(r, "key_file", "Its key is read from %s."),
					wordedIf(r, "ca_file", "Further authorities are trusted from %s."), wordedIf(r, "server_name", "The server's certificate must be for %s."))
			},
			Attrs: []dsl.Attr{
				whenAttr(),
				textAttr("cert", "The certificate in PEM, its issuers after it."),
				textAttr("cert_file", "File of the certificate, in place of cert."),
				textAttr("key", "The private key in PEM, not encrypted."),
				withDefault(textAttr("key_file", "File of the private key, in place of key."), "beside the certificate"),
				textAttr("ca", "Authorities to trust besides the system's, in PEM."),
				textAttr("ca_file", "File of them, where the client block names none."),
				textAttr("server_name", "Name that the server's certificate must hold, if it is not the host of base_url."),
			},
			Check: checkMTLS,
		},
		slots: func(*dsl.Reading) []string { return []string{"the certificate of connections"} },
		amend: amendMTLS,
	}
}

func checkMTLS(r *dsl.Reading) {
	for _, name := range []string{"cert", "key"} {
		if r.Has(name) && r.Has(name+"_file") && r.Known(name, name+"_file") {
			r.Fail(name, "Given twice", "Give %s or %s_file, not both.", name, name)
		}
	}
	if !r.Has("cert") && !r.Has("cert_file") {
		r.Fail("", "Missing attribute", "auth \"mtls\" needs cert or cert_file, the certificate of this client.")
	}
}

func amendMTLS(a authSetting, t *request.TransportConfig) error {
	r := a.read()
	t.CertPEM, t.CertFile = []byte(r.String("cert", "")), r.String("cert_file", "")
	key := r.String("key", "")
	t.KeyPEM, t.KeyFile = []byte(key), r.String("key_file", "")
	t.ServerName = r.String("server_name", "")
	if ca := r.String("ca", ""); ca != "" {
		t.CAPEM = append(append(t.CAPEM, '\n'), ca...)
	}
	if file := r.String("ca_file", ""); file != "" && t.CAFile != "" && file != t.CAFile {
		r.Fail("ca_file", "Given twice", "The client block names a ca_file already: put all authorities into that.")
	} else if file != "" {
		t.CAFile = file
	}
	a.secrets(key)
	if err := r.Err(); err != nil {
		return err
	}
	if len(t.CertPEM) == 0 && t.CertFile == "" {
		return errors.New("auth \"mtls\": there is no client certificate: cert and cert_file are empty")
	}
	return nil
}
