package dsl

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// Block describes one kind of HCL block: what it may contain and what that
// means. Decoding, checking, help and reference pages all read this one value.
type Block struct {
	Type    string   // "client"; for a kind such as auth "login" the label: "login"
	Labels  []string // what each label says, e.g. "name"
	Summary string   // one line
	Example string   // the block as a mapping has it, for readers; a test loads it
	Attrs   []Attr
	Blocks  []Child
	// Kinds are the blocks that the first label chooses between; where it is
	// set, the other fields of the block itself are unused.
	Kinds []*Block
	// Provides are the names that a paginator adds under `page`.
	Provides []string
	// Yields is the shape of the records of a source that makes them itself;
	// nil for one whose records are cut out of answers.
	Yields *code.Shape
	// Check reports with Reading.Fail what no attribute shows by itself, such as two
	// that exclude each other. It is called at load, where only values without names
	// can be read.
	Check func(*Reading)
	// Describe says in plain sentences what a block with these values does, for
	// `tqmap explain`. What is known only in a run stands in <angle brackets>: see
	// Reading.Show. Nil: nothing to say beside the summary.
	Describe func(*Reading) string
	// Sends are the requests that a kind makes by itself, beside those that a mapping writes
	// out, for the guide of a mapping.
	Sends []Sent
	// Open allows any attribute; its values are of OpenAttr.
	Open     bool
	OpenAttr Attr

	object *Object // of blocks that make objects
}

// Sent is a request that a kind makes by itself.
type Sent struct {
	// Method is that of HTTP, or the name of another wire.
	Method string
	// Attr is the attribute that gives the address; Path stands for it where the file leaves
	// it out, or follows it.
	Attr, Path string
	Means      string // what it is for
}

// Child is a block inside another one.
type Child struct {
	*Block
	Min, Max int // Max 0: any number
}

// Attr describes one attribute.
type Attr struct {
	Name     string
	Summary  string
	Holds    Holds
	Type     cty.Type    // of a Value; cty.DynamicPseudoType for any
	Scope    Scope       // what a Value may name
	Returns  []code.Kind // what an Expr may result in, besides null; none: anything
	Required bool
	// Written says that a PerRecord is an object written out entry by entry, or
	// plain: each entry has its own name. Modes says that fixed(…) or add(…) may stand
	// around the value of an entry.
	Written, Modes bool
	// Shared says that a JQ is definitions, which all other programs may call.
	Shared  bool
	Options []string // the only texts allowed; none: any
	Default string   // for readers; the owner of the block applies it
	// Words are what the platform calls what the attribute says; nil: anything goes.
	Words *Words
}

// Holds says in which language an attribute is written.
type Holds int

const (
	// Value is plain HCL, evaluated per run, window or page.
	Value Holds = iota
	// Expr is expr("…"), evaluated per record.
	Expr
	// JQ is jq("…"), evaluated per response.
	JQ
	// PerRecord is plain HCL, expr("…"), or a tree of both.
	PerRecord
	// Ref is one reference such as client.name.
	Ref
	// Refs is a list of references.
	Refs
	// Keyword is a bare word, or a plain value of Type where that is set.
	Keyword
	// Outline is what a record looks like, written as { id = string, tags = [string] }.
	Outline
)

// Scope says which names a plain HCL value may use.
type Scope int

const (
	// Static allows no names at all: the value is known when the file is loaded.
	Static Scope = iota
	// Run allows param, local, table, connector and now.
	Run
	// Window allows Run's names, window, and what answered before: step and partition.
	Window
	// Page allows Window's names and page.
	Page
)

// Vocabulary is the kinds of block that the engine knows to carry out.
type Vocabulary struct {
	Auth, Decode, Paginate, Source, Sink []*Block
	// Client checks a client as Block.Check does, for what its auth blocks say together.
	// May be nil.
	Client func(*Reading)
	// Sample turns a recorded answer into documents and what is left around them, as the
	// decode block of its source says. An error that is hcl.Diagnostics is one the block's Check reports too. Nil:
	// samples are JSON.
	Sample func(decode *Node, src []byte) (documents []any, rest any, err error)
	// Objects are the types of object that flows can make, in the order of documentation.
	Objects []Object
	// TLP are the labels that objects may have. Nil: they are not checked.
	TLP *Words
}

func (b *Block) attr(name string) *Attr {
	for i := range b.Attrs {
		if b.Attrs[i].Name == name {
			return &b.Attrs[i]
		}
	}
	if b.Open {
		a := b.OpenAttr
		a.Name = name
		return &a
	}
	return nil
}

func (b *Block) child(typ string) *Child {
	for i := range b.Blocks {
		if b.Blocks[i].Type == typ {
			return &b.Blocks[i]
		}
	}
	return nil
}

// kind returns the block that label chooses, or nil.
func (b *Block) kind(label string) *Block {
	for _, k := range b.Kinds {
		if k.Type == label {
			return k
		}
	}
	return nil
}
