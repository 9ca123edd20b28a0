package dsl

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Bounds of plain HCL, which cannot be stopped once it is evaluated: those of a value,
// and of what a function takes in or makes. No setting comes near them.
const (
	maxElements = 200_000
	maxText     = 4 << 20
	maxLoops    = 2       // for inside for
	maxDigits   = 1 << 16 // bits of a number, which are written out as text
)

var errTooLarge = fmt.Errorf("a plain value has at most %d elements and %d MB of text", maxElements, maxText>>20)

// within says why v is too large, nil if it is not.
func within(values ...cty.Value) error {
	left, text := maxElements, maxText
	for _, v := range values {
		if weigh(v, &left, &text); left < 0 || text < 0 {
			return errTooLarge
		}
	}
	return nil
}

// weigh takes v off what is left of elements and text.
func weigh(v cty.Value, left, text *int) {
	v, _ = v.Unmark()
	if *left--; *left < 0 || *text < 0 || !v.IsKnown() || v.IsNull() {
		return
	}
	switch t := v.Type(); {
	case t == cty.String:
		*text -= len(v.AsString())
	case t == cty.Number:
		if e := v.AsBigFloat().MantExp(nil); e > maxDigits || e < -maxDigits {
			*text = -1
		}
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next() && *left >= 0 && *text >= 0; {
			key, e := it.Element()
			if key.Type() == cty.String {
				*text -= len(key.AsString())
			}
			weigh(e, left, text)
		}
	}
}

// bounded is f for arguments that are not too large, and of which more may be asked.
func bounded(f function.Function, more func(args []cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Description: f.Description(), Params: f.Params(), VarParam: f.VarParam(), Type: f.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			err := within(args...)
			if err == nil && more != nil {
				err = more(args)
			}
			if err != nil {
				return cty.DynamicVal, err
			}
			return f.Call(args)
		},
	})
}

// makes refuses what would make too much text: so many times something so long.
func makes(times, length int) error {
	if times > 0 && length > maxText/times {
		return errTooLarge
	}
	return nil
}

// joins: a separator stands between all elements of all lists.
func joins(args []cty.Value) error {
	n := 0
	for _, list := range args[1:] {
		n += list.LengthInt()
	}
	return makes(n, len(args[0].AsString()))
}

// replaces: every byte of the text may become the new one.
func replaces(args []cty.Value) error {
	return makes(len(args[0].AsString())/max(1, len(args[1].AsString()))+1, len(args[2].AsString()))
}

// wide is a width or precision of five digits or more in a format.
var wide = regexp.MustCompile(`%[^a-zA-Z%]*\d{5}`)

func formats(args []cty.Value) error {
	if wide.MatchString(args[0].AsString()) {
		return errors.New("a width or precision has at most four digits")
	}
	return nil
}

// loops refuses loops inside loops beyond maxLoops: each multiplies the time.
func (d *decoder) loops(e hclsyntax.Expression) (ok bool) {
	w := &loopWalker{}
	_ = hclsyntax.Walk(e, w)
	if w.deepest != nil {
		d.errorf(w.deepest.Range(), "Loops nested too deep", "At most %d loops (for) may stand inside one another, because each multiplies the work.", maxLoops)
	}
	return w.deepest == nil
}

type loopWalker struct {
	depth   int
	deepest *hclsyntax.ForExpr
}

func (w *loopWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if f, is := n.(*hclsyntax.ForExpr); is {
		if w.depth++; w.depth > maxLoops && w.deepest == nil {
			w.deepest = f
		}
	}
	return nil
}

func (w *loopWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if _, is := n.(*hclsyntax.ForExpr); is {
		w.depth--
	}
	return nil
}
