package redact

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// maxDeep is how deep values are looked into; what lies below is masked as a whole.
const maxDeep = 200

// Copy is v with every secret masked in all texts that it holds: in exported fields, lists, maps
// with their names, and behind pointers. It is for what is cut, wrapped or laid out before it is
// printed: of half a secret nobody knows that it is one. A number in an interface that is a secret
// becomes Mask. Texts of a type of their own are words of the program and stay, as do
// times and fields that JSON leaves out.
func Copy[T any](r *Redactor, v T) T {
	if r.current() == nil {
		return v
	}
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(r.copied(reflect.ValueOf(&v).Elem(), 0))
	return out.Interface().(T)
}

var (
	plainText = reflect.TypeFor[string]()
	rawJSON   = reflect.TypeFor[json.RawMessage]()
	instant   = reflect.TypeFor[time.Time]()
)

func (r *Redactor) copied(v reflect.Value, depth int) reflect.Value {
	if depth > maxDeep {
		return below(v)
	}
	switch t := v.Type(); {
	case t == plainText:
		return reflect.ValueOf(r.String(v.String()))
	case t == rawJSON && !v.IsNil():
		return reflect.ValueOf(json.RawMessage(r.JSON(string(v.Bytes()))))
	case t == instant:
		return v
	}
	switch v.Kind() {
	case reflect.Interface:
		return r.dynamic(v, depth)
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(r.copied(v.Elem(), depth+1))
		return out
	case reflect.Struct:
		return r.fields(v, depth)
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(r.copied(v.Index(i), depth+1))
		}
		return out
	case reflect.Array:
		out := reflect.New(v.Type()).Elem()
		for i := range v.Len() {
			out.Index(i).Set(r.copied(v.Index(i), depth+1))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for all := v.MapRange(); all.Next(); {
			out.SetMapIndex(r.copied(all.Key(), depth+1), r.copied(all.Value(), depth+1))
		}
		return out
	}
	return v
}

// below stands for what is too deep to be looked into.
func below(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface && reflect.TypeFor[string]().AssignableTo(v.Type()) {
		return reflect.ValueOf(Mask)
	}
	return reflect.Zero(v.Type())
}

// dynamic is the copy of what an interface holds: a number, too, may be a secret.
func (r *Redactor) dynamic(v reflect.Value, depth int) reflect.Value {
	if v.IsNil() {
		return v
	}
	inner := v.Elem()
	switch inner.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Array:
	case reflect.Pointer:
		if text := fmt.Sprint(inner.Interface()); r.String(text) != text && plainText.AssignableTo(v.Type()) { // a big number
			return reflect.ValueOf(Mask)
		}
	default:
		if text := fmt.Sprint(inner.Interface()); inner.Type() != plainText && r.String(text) != text && plainText.AssignableTo(v.Type()) {
			return reflect.ValueOf(Mask)
		}
	}
	if inner.Kind() == reflect.Pointer { // of a type that is not ours to copy
		return v
	}
	return r.copied(inner, depth+1)
}

func (r *Redactor) fields(v reflect.Value, depth int) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && f.Tag.Get("json") != "-" {
			out.Field(i).Set(r.copied(v.Field(i), depth+1))
		}
	}
	return out
}
