package code

import (
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// Func is a function of expr, beside those that the language itself has. Its
// documentation, its completion and its tests come from here.
type Func struct {
	Name      string
	Signature string
	Summary   string
	Examples  []Example
	// Result is what a call results in, where that is a list or an object whose
	// inside is known. Programs are checked against it.
	Result Shape

	call  func(args ...any) (any, error)
	types []any // pointers to Go function types, one for each way to call it
	// check takes the place of types where the result depends on the arguments.
	check func(args []reflect.Type) (reflect.Type, error)
	// sameElem is for functions that result in a list of elements of their first argument.
	sameElem bool
}

// Example is a program and its result, written as JSON.
type Example struct{ Expr, Result string }

// Funcs is the library, in the order of documentation.
func Funcs() []Func { return table() }

func table() []Func {
	return []Func{
		iocsFunc, iocTypeFunc, indicatorTypeFunc, hashTypeFunc, refangFunc, defangFunc,
		labelFunc, enumFunc,
		timeFunc, rfc3339Func, rfc3339MilliFunc, durationFunc, unixFunc, unixMilliFunc, unixMicroFunc, epochFunc, epochMilliFunc,
		formatFunc, addFunc, addDateFunc, ageFunc, truncateFunc,
		firstOfFunc, linesFunc, htmlFunc, stripHTMLFunc,
		splitAnyFunc, betweenFunc, cutFunc, wordsFunc, titleFunc, camelFunc, padFunc,
		ipFunc, isPrivateFunc, ipVersionFunc, inCIDRFunc, cidrFunc, macFunc, portFunc,
		urlHostFunc, urlPathFunc, urlBareFunc, urlQueryFunc, urlEncodeFunc, urlDecodeFunc, domainFunc,
		md5Func, sha1Func, sha256Func, sha512Func, hmacFunc,
		hexFunc, unhexFunc, base64URLFunc, gunzipFunc,
		compactFunc, uniqueFunc, indexByFunc, pluckFunc, pairsFunc, mergeFunc,
		attributeValuesFunc, strictestTLPFunc,
		intFunc, roundFunc, percentFunc,
		joinFunc, replaceFunc, repeatFunc, stringFunc,
		toJSONFunc, fromJSONFunc, toBase64Func, flattenFunc,
	}
}

// functionNamed is the function of the library with this name, or nil.
func functionNamed(name string) *Func {
	for _, f := range table() {
		if f.Name == name {
			return &f
		}
	}
	return nil
}

// value is any as the result of a call. expr checks the arguments of a call again
// whenever it looks at one that results in any itself, and it looks at arguments
// once for each way to call the function around: calls inside one another would
// take time to the power of their number.
type value any

func (f Func) option() expr.Option {
	return func(c *conf.Config) {
		out := &builtin.Function{Name: f.Name, Func: f.call, Validate: f.check}
		for _, t := range f.types {
			out.Types = append(out.Types, overload(reflect.TypeOf(t)))
		}
		c.Functions[f.Name] = out
	}
}

// overload is a Go function type, or what a pointer to one points to, as expr is to see it.
func overload(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Out(0) != reflect.TypeFor[any]() {
		return t
	}
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	return reflect.FuncOf(in, []reflect.Type{reflect.TypeFor[value]()}, t.IsVariadic())
}
