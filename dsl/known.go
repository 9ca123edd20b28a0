package dsl

// Name is a name that values or code may use, for readers.
type Name struct{ Name, Summary string }

var runNames = []Name{
	{"param.<name>", "a parameter"},
	{"local.<name>", "a value of `locals`"},
	{"table.<name>", "the rows of a table, e.g. keys(table.status)"},
	{"connector.<field>", "name, title, version and source of the connector; instance is the name this one runs under (-n), by default the connector's"},
	{"now", "when the run began (text, RFC 3339, UTC)"},
}

var windowNames = []Name{
	{"window.start, window.end", "the part of time to read, as the window's format writes it; start is null where there is none"},
	{"window.token", "the mark that the run before was given; null at first"},
	{"step.<name>", "what a step before answered"},
	{"partition", "the element of `partitions` that is read"},
}

var pageNames = []Name{
	{"page.<name>", "what the paginator provides: page.size, page.offset, page.number, page.cursor"},
}

// ScopeNames are the names that a value of scope s may use beside those of the
// scopes before it.
func ScopeNames(s Scope) []Name {
	return map[Scope][]Name{Run: runNames, Window: windowNames, Page: pageNames}[s]
}

// JQNames are the variables of jq. What there is none of is null.
func JQNames() []Name {
	return []Name{
		{"$param", "the parameters, without the sensitive ones"},
		{"$local", "the values of `locals`, without those made of a sensitive parameter"},
		{"$response", "{status, url, headers} of the answer; names of headers are in small letters"},
		{"$page", "what the request of this answer read as page"},
		{"$window", "what it read as window"},
	}
}

// ExprNames are the variables of expr.
func ExprNames() []Name {
	return []Name{
		{"<record>", "the record, by the label of its `record` block; what an `each` block fetched, and what `let` computes, are fields of it"},
		{"param.<name>", "a parameter, but no sensitive one"},
		{"local.<name>", "a value of `locals`, but none made of a sensitive parameter"},
		{"table.<name>.lookup(key)", "the value of a key; .reverse(value) is the way back"},
		{"connector.<field>", "name, title, version and source of the connector; instance is the name this one runs under (-n), by default the connector's"},
		{"now", "when the run began (an instant)"},
		{"each", "the element of for_each, in the block that has it"},
		{"batch", "the keys asked for at once, in the request of an `each` with batch"},
		{"current", "the object as ThreatQ holds it, in a `sync` block"},
	}
}
