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
// most two million steps where predicates are nested; what its predicates result in
// has at most 64 MiB of text, all loops together. expr cannot be cancelled; these
// bounds are what ends it. Not bounded but by the number of nodes: texts made side by
// side without a loop (1000 nodes of 1 MiB), and text that a loop makes and drops.
//
// A jq program ends at its deadline (5 s), at its output cap, or once the heap of the
// process has grown by 512 MiB since it began, whoever made it grow. The library looks
// at the deadline between steps only, so each step that goes through all of a value
// or makes a large one is checked first (jq_guard.go): values up to 4 million elements,
// 64 MiB of text and 10,000 levels, written out; 8 MiB of text to take apart or to test,
// 64 KiB to find matches in (each costs a walk from the start); lists that are
// assigned to up to a million elements behind their end. Measured on two busy cores,
// the worst process of the hostile programs of the tests peaks at 650 MB, and the
// longest single step, all matches in 60 kB of text, takes 2 to 4 s,
// by which a run can pass its deadline. Not bounded by a check of its own
// is what a step makes of values below these bounds, such as JSON of a text in which
// each byte is escaped (six times 64 MiB). Between steps the heap is looked at every 5 ms.
//
// Neither language sees the environment, files, the network or a clock. Plain HCL,
// which cannot be stopped either, is bounded by package dsl: values and arguments of
// functions have at most 200,000 elements and 4 MiB of text, loops nest twice. Not
// bounded: the time of two nested loops over lists of that size, and of a function
// whose argument repeats one list in a loop, which HCL walks before it is checked
// (measured: 200 million elements, over 15 s).
package code
