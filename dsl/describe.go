package dsl

import (
	"fmt"
	"slices"
	"strings"
)

// describe names a block in messages: flow "alerts", or "The file".
func describe(n *Node) string {
	if n.Spec.Type == "mapping" {
		return "The top level of a mapping"
	}
	return strings.TrimSpace(n.typ + " " + quoteAll(n.Labels, " "))
}

func quoteAll(words []string, between string) string {
	var out []string
	for _, w := range words {
		out = append(out, fmt.Sprintf("%q", w))
	}
	return strings.Join(out, between)
}

func attrNames(b *Block) []string {
	var out []string
	for _, a := range b.Attrs {
		out = append(out, a.Name)
	}
	return out
}

func blockNames(b *Block) []string {
	var out []string
	for _, c := range b.Blocks {
		if !slices.Contains(out, c.Type) {
			out = append(out, c.Type)
		}
	}
	return out
}

func kindNames(b *Block) []string {
	var out []string
	for _, k := range b.Kinds {
		out = append(out, k.Type)
	}
	return out
}
