package dsl

import (
	"math/big"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// plain refuses code inside a value that is not computed per record, and what HCL
// should not be made to evaluate. Messages call the value what.
func (d *decoder) plain(e hclsyntax.Expression, what string) (ok bool) {
	ok = d.numbers(e) && d.loops(e)
	for _, call := range codeCalls(e) {
		ok = false
		if modes[call.Name] {
			d.modeMisplaced(call)
			continue
		}
		d.errorf(call.NameRange, "Code not possible here", "%s is the same for every record, so it is plain HCL; %s(…) stands where a value is computed per record or cut from a response.", what, call.Name)
	}
	return ok
}

// maxBits bounds numbers. HCL writes a number out digit by digit wherever it is
// used as text, and reads exponents of many millions.
const maxBits = 4096

func (d *decoder) numbers(e hclsyntax.Expression) (ok bool) {
	ok = true
	visit(e, func(n hclsyntax.Node) {
		l, is := n.(*hclsyntax.LiteralValueExpr)
		if is && l.Val.Type() == cty.Number && l.Val.IsKnown() && !l.Val.IsNull() && huge(l.Val.AsBigFloat()) {
			d.errorf(l.SrcRange, "Number out of range", "No setting needs a number of more than a thousand digits.")
			ok = false
		}
	})
	return ok
}

func huge(f *big.Float) bool {
	e := f.MantExp(nil)
	return f.IsInf() || e > maxBits || e < -maxBits
}

func visit(e hclsyntax.Node, see func(hclsyntax.Node)) {
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics { see(n); return nil })
}
