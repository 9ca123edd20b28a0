package page

import "tqmap/dsl"

var noneKind = Kind{
	Spec: &dsl.Block{Type: "none", Summary: "One page holds everything.", Describe: func(*dsl.Reading) string { return "One page holds everything." }, Example: `paginate "none" {}`},
	New:  func(*dsl.Node, *dsl.Scoped) (Paginator, error) { return &none{}, nil },
}

type none struct{}

func (*none) Vars() map[string]any      { return nil }
func (*none) Next(Answer) (Step, error) { return Step{}, nil }
