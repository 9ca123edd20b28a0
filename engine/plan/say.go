package plan

import (
	"reflect"

	"tqmap/dsl"
)

// said writes the marks of parameters in all texts of v as <name>.
func said[T any](s *dsl.Sketch, v T) T {
	say(s, reflect.ValueOf(&v).Elem())
	return v
}

func say(s *dsl.Sketch, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s.Say(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			say(s, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			say(s, v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			say(s, v.Elem())
		}
	}
}
