package engine

import (
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// customObject is the block of object types that an administrator of ThreatQ made.
const customObject = "custom"

var errNoSuchObject = errors.New("ThreatQ has no objects of this type")

// objectTypes are the objects that mappings can make: every kind that ThreatQ has.
func objectTypes() []dsl.Object {
	var out []dsl.Object
	for _, k := range threatq.Kinds() {
		out = append(out, objectType(k))
	}
	custom := objectType(threatq.CustomKind(customObject))
	custom.Summary = "An object of a type that an administrator of ThreatQ has made."
	custom.Example = objectExamples()[customObject]
	custom.Attrs = append([]dsl.Attr{{Name: "object", Type: cty.String, Required: true, Summary: "Code of the object type, as in its addresses."}}, custom.Attrs...)
	return append(out, custom)
}

func objectType(k threatq.Kind) dsl.Object {
	title := strings.ToLower(k.Title)
	if k.Title == strings.ToUpper(k.Title) {
		title = k.Title
	}
	o := dsl.Object{
		Type: k.Code, Summary: article(title) + " " + title + " in ThreatQ.",
		Keyed: k.Identity != threatq.ByValueAndType, NeedsKey: k.Identity == threatq.ByTitleAndTime,
	}
	o.Example = objectExamples()[k.Code]
	for _, f := range k.Fields {
		o.Attrs = append(o.Attrs, dsl.Attr{Name: f.Name, Holds: dsl.PerRecord, Required: f.Required, Summary: f.Summary, Words: wordsOf(&k, f.Name)})
	}
	if k.Identity == threatq.ByTitleAndTime {
		o.Synced = true
		o.Attrs = append(o.Attrs,
			dsl.Attr{Name: "identity", Type: cty.String, Summary: "Attribute whose value finds the event again in ThreatQ when the ledger does not know it."},
			dsl.Attr{Name: "types", Type: cty.List(cty.String), Scope: dsl.Run, Words: wordsOf(&k, "type"), Summary: "Event types that must exist before the first event, for analysts to choose from."},
		)
	}
	return o
}

// wordsOf are what ThreatQ has for a field, nil where it has no list.
func wordsOf(k *threatq.Kind, field string) *dsl.Words {
	known := k.Words(field)
	if known == nil {
		return nil
	}
	return &dsl.Words{What: strings.ToLower(k.Title) + " " + field, Known: known}
}

// tlpWords are the only labels that objects are taken with.
func tlpWords() *dsl.Words {
	return &dsl.Words{What: "TLP label", Known: threatq.TLPLabels(), Only: threatq.KnownTLP}
}

// objectExamples stand for all types, which differ in their fields only.
func objectExamples() map[string]string {
	return map[string]string{
		"event": `event "alert" {
  type        = "Alert"
  title       = expr("alert.name + ' (' + alert.id + ')'")
  happened_at = expr("alert.created")
  attributes = {
    "Alert ID" = fixed(expr("alert.id"))
    "Severity" = expr("alert.severity")
    "Product"  = add(expr("alert.products"))
  }
}`,
		"indicator": `indicator "ioc" {
  for_each = expr("iocs(alert.text)")
  type     = expr("each.type")
  value    = expr("each.value")
  status   = "Review"
  tags     = ["acme"]
  related  = [event.alert]
}`,
		customObject: `custom "case" {
  object = "soc_case"
  value  = expr("alert.case")
}`,
	}
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeioAEIO") {
		return "An"
	}
	return "A"
}

// collectionOf is where the objects of a rule are kept.
func collectionOf(r *dsl.Rule, s *dsl.Scoped) (threatq.Collection, error) {
	if r.Type == customObject {
		read := r.Node.Read(s)
		code := read.String("object", "")
		if code == "" || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			read.Fail("object", "Bad object type", "The code of an object type has small letters, digits, - and _.")
		}
		return threatq.Collection(code), read.Err()
	}
	for _, k := range threatq.Kinds() {
		if k.Code == r.Type {
			return k.Collection, nil
		}
	}
	return "", failedAt(r.Node.Range, "Bad object type", errNoSuchObject)
}
