// Package mappings holds the built-in mappings, one HCL file for each vendor,
// and the samples that they are checked and tested against.
package mappings

import "embed"

// FS holds <name>.hcl and testdata/<name>/.
//
//go:embed *.hcl testdata
var FS embed.FS
