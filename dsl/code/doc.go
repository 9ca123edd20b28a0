// Package code is the embedded code of a mapping file: expr decides about one
// record, jq cuts JSON. It compiles and runs both within bounds, and turns every
// mistake, at load or at run time, into an [hcl.Diagnostic] whose subject is the
// exact token inside the mapping file. It does no I/O.
//
// # Values
//
// Everything that enters or leaves a program is normalised ([Normalize]): nil,
// bool, string, int, float64, []any, map[string]any and, in expr only,
// [time.Time]. Integers stay integers; one beyond 64 bit is its exact decimal
// text. [Decode] makes such values of JSON, [Text] writes them into ThreatQ.
//
// # Shapes and types
//
// expr programs are checked against an [Env] of [Shape] values. A scalar that is
// always there with one kind has that type, and mixing it up is a load error. A
// scalar that may be absent or null, or whose kind varies, is "any": its name is
// checked, its use is not. Objects and lists keep their inner shape even where
// they are optional, so that alert.src?.ipp is a load error. Where a value that
// was declared present turns out to be null, the run-time error says which one.
//
// # Functions
//
// [Funcs] is the library beside expr's own builtins. A function with the name of a
// builtin takes its place. null that goes in comes out as null, unless a summary
// says otherwise. Names of the mapping, and variables that a program makes with
// let, come before functions of the same name, so that a new function breaks no
// mapping. What a list-making function declares about its elements ([Func.Result])
// is checked like the shape of a record.
//
// # Bounds
//
// An expr program has at most 1000 nodes, two nested predicates and twelve nested
// calls, may make collections of 100,000 elements and texts of 1 MiB, and loops at
// most two million steps where predicates are nested. expr cannot be cancelled; these
// bounds are what ends it. A jq program ends at its deadline (5 s) or output cap;
// the library has no bound on memory within that time, so whoever runs mappings
// of strangers should also set a memory limit for the process. Neither language
// sees the environment, files, the network or a clock.
package code
