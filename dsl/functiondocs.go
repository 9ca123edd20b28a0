package dsl

// Function describes a function that plain HCL values may call.
type Function struct {
	Name, Signature, Summary string
	Examples                 []FunctionExample
}

// FunctionExample is a call and its result, both as HCL writes them.
type FunctionExample struct{ Call, Result string }

// Functions are all of them, by name.
func Functions() []Function {
	return []Function{
		{"after", "after(a, b)", "Whether the instant a is later than the instant b; false where one is null.",
			[]FunctionExample{{`after("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")`, `true`}, {`after(null, "2026-01-01T00:00:00Z")`, `false`}}},
		{"coalesce", "coalesce(a, b, …)", "The first one that is not null.",
			[]FunctionExample{{`coalesce(null, "b")`, `"b"`}}},
		{"concat", "concat(list, …)", "The lists, one behind the other.",
			[]FunctionExample{{`concat(["a"], ["b", "c"])`, `["a", "b", "c"]`}}},
		{"contains", "contains(list, value)", "Whether the list holds the value.",
			[]FunctionExample{{`contains(["a", "b"], "b")`, `true`}}},
		{"format", "format(layout, value, …)", "Text with values in it: %s text, %d a whole number, %03d with zeros before it.",
			[]FunctionExample{{`format("%s-%03d", "page", 7)`, `"page-007"`}}},
		{"join", "join(between, list)", "The elements as one text.",
			[]FunctionExample{{`join(",", ["a", "b"])`, `"a,b"`}}},
		{"jsonencode", "jsonencode(value)", "The value as JSON.",
			[]FunctionExample{{`jsonencode({ a = [1, null] })`, `"{\"a\":[1,null]}"`}}},
		{"keys", "keys(object)", "The names in an object, sorted; of a table, its keys.",
			[]FunctionExample{{`keys({ b = 1, a = 2 })`, `["a", "b"]`}}},
		{"length", "length(list)", "How many elements there are.",
			[]FunctionExample{{`length(["a", "b"])`, `2`}}},
		{"lower", "lower(text)", "The text in small letters.",
			[]FunctionExample{{`lower("AbC")`, `"abc"`}}},
		{"max", "max(a, b, …)", "The largest number.",
			[]FunctionExample{{`max(3, 10)`, `10`}}},
		{"merge", "merge(object, …)", "One object of all; the later one wins.",
			[]FunctionExample{{`merge({ a = 1, b = 1 }, { b = 2 })`, `{ a = 1, b = 2 }`}}},
		{"min", "min(a, b, …)", "The smallest number.",
			[]FunctionExample{{`min(3, 10)`, `3`}}},
		{"origin", "origin(host, port)", "scheme://host:port of what operators type. https unless host begins with http://; a path is dropped. A port other than 443 in `port` wins over one in host; with neither it is 443, or 80 for http.",
			[]FunctionExample{{`origin("appliance.example.com", 443)`, `"https://appliance.example.com:443"`}, {`origin("http://127.0.0.1:8080", null)`, `"http://127.0.0.1:8080"`}}},
		{"replace", "replace(text, old, new)", "Replaces every occurrence of old.",
			[]FunctionExample{{`replace("a.b.c", ".", "-")`, `"a-b-c"`}}},
		{"split", "split(between, text)", "The parts of a text.",
			[]FunctionExample{{`split(",", "a,b")`, `["a", "b"]`}}},
		{"timeadd", "timeadd(instant, duration)", "The instant so much later, or earlier with a minus; null where the instant is null.",
			[]FunctionExample{{`timeadd("2026-01-08T00:00:00Z", "-7d")`, `"2026-01-01T00:00:00Z"`}, {`timeadd(null, "1h")`, `null`}}},
		{"trimspace", "trimspace(text)", "The text without blanks around it.",
			[]FunctionExample{{`trimspace(" a ")`, `"a"`}}},
		{"upper", "upper(text)", "The text in capitals.",
			[]FunctionExample{{`upper("AbC")`, `"ABC"`}}},
		{"urlencode", "urlencode(text)", "The text with all but letters, digits and -._~ percent-encoded (RFC 3986), a slash included.",
			[]FunctionExample{{`urlencode("a/b c")`, `"a%2Fb%20c"`}}},
		{"values", "values(object)", "The values in an object, in the order of their names.",
			[]FunctionExample{{`values({ b = 1, a = 2 })`, `[2, 1]`}}},
	}
}
