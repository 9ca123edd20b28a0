// Package dsl is what a mapping file may say: it loads, checks and describes
// mappings. It is pure: it reads the mapping's own files and nothing else.
//
// A mapping is HCL. Plain HCL values are the same for every record and are
// evaluated per run, window or page. Values computed per record stand in
// expr("…"), cuts of a response in jq("…"); both are compiled when the file is
// loaded. Every mistake of a file comes back as an [hcl.Diagnostic], all in one go.
package dsl
