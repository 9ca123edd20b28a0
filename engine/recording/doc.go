// Package recording keeps the exchanges of a run over HTTP in a file that people can read
// and edit, and answers from it.
//
// The file is a txtar archive: bodies stand in it as lines, JSON laid out, so that a
// record can be read, changed or taken out in any editor, and a change of it reads well
// in a diff. (JSON lines would escape each body into one long line.) It looks like this:
//
//	tqmap recording 1
//
//	-- run --
//	{ "connector": "…", "now": "…", "params": { … } }
//	-- 1 appliance --
//	POST https://appliance.example/alerts?limit=100
//	Content-Type: application/json
//	-- body json --
//	{ "since": "…" }
//	-- answer --
//	200
//	Content-Type: application/json
//	-- body json --
//	{ "alerts": [ … ] }
//
// A body is `json` (laid out; it is given back in one line), `text` (given back as it is,
// without the line break that ends it) or `base64`. In place of a status, `lost` says
// why there was no answer. `***` stands where a secret was, and matches anything in a request.
//
// A Recorder keeps what passes it; Recording.Scrubbed takes the secrets out, which has
// to come before Save; a Player answers from what was kept.
package recording
