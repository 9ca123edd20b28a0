package engine

import (
	"time"

	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// collectedShape is the shape of collectedVars.
func collectedShape() code.Shape {
	text, instant := code.Shape{Kind: code.String}, code.Shape{Kind: code.Time, Optional: true}
	maybe := code.Shape{Kind: code.String, Optional: true}
	fields := map[string]code.Shape{
		"id": {Kind: code.Int}, "type": text, "value": text, "status": text, "description": text, "collection": text,
		"object": text, "depth": {Kind: code.Int}, "related": code.ListOf(code.ObjectOf(map[string]code.Shape{
			"object": text, "id": {Kind: code.Int}, "type": maybe, "value": text, "created_at": instant, "updated_at": instant, "status": maybe,
		})),
		"title": maybe, "name": maybe, "score": {Kind: code.Int, Optional: true},
		"tags": code.ListOf(text), "adversaries": code.ListOf(text),
		"sources":    code.ListOf(code.ObjectOf(map[string]code.Shape{"name": text, "tlp": maybe})),
		"attributes": code.ListOf(code.ObjectOf(map[string]code.Shape{"name": text, "value": text, "created_at": instant, "updated_at": instant})),
	}
	for _, name := range collectedTimes {
		fields[name] = instant
	}
	for _, f := range relatedFields {
		fields[f.name] = code.Shape{Kind: code.Int, Optional: true}
	}
	return code.ObjectOf(fields)
}

// collectedTimes are the fields with instants, in the order of timesOf.
var collectedTimes = []string{
	"created_at", "updated_at", "touched_at", "published_at", "expires_at", "happened_at", "started_at", "ended_at", "last_detected_at",
}

func timesOf(o *threatq.Found) []time.Time {
	return []time.Time{
		o.CreatedAt, o.UpdatedAt, o.TouchedAt, o.PublishedAt, o.ExpiresAt, o.HappenedAt, o.StartedAt, o.EndedAt, o.LastDetectedAt,
	}
}

// collectedVars is an object of a data collection as expr sees it.
func collectedVars(o *threatq.Found, of threatq.Collection, collection string) map[string]any {
	out := map[string]any{
		"id": int(o.ID), "type": o.Type, "value": o.Name, "status": o.Status, "description": o.Description, "collection": collection,
		"object": of.Kind().Code, "depth": 0, "related": []any{},
		"title": nil, "name": nil, "score": nil,
		"tags": anyTexts(o.Tags), "adversaries": anyTexts(o.Adversaries),
	}
	if o.Title != "" {
		out["title"] = o.Title
	}
	if field := of.NameField(); field != "value" {
		out[field] = o.Name
	}
	if o.Score != nil {
		out["score"] = *o.Score
	}
	sources, attributes := []any{}, []any{}
	for _, s := range o.Sources {
		row := map[string]any{"name": s.Name, "tlp": nil}
		if s.TLP != "" {
			row["tlp"] = s.TLP
		}
		sources = append(sources, row)
	}
	for _, a := range o.Attributes {
		attributes = append(attributes, map[string]any{"name": a.Name, "value": a.Value, "created_at": maybeTime(a.CreatedAt), "updated_at": maybeTime(a.UpdatedAt)})
	}
	out["sources"], out["attributes"] = sources, attributes
	for i, at := range timesOf(o) {
		out[collectedTimes[i]] = maybeTime(at)
	}
	for _, f := range relatedFields {
		out[f.name] = nil
		if n, ok := o.Related[f.code]; ok {
			out[f.name] = n
		}
	}
	return out
}

// relatedField is the count of linked objects of a kind.
type relatedField struct{ name, code string }

var relatedFields = func() (out []relatedField) {
	for _, k := range threatq.Kinds() {
		out = append(out, relatedField{"related_" + k.Code + "_count", k.Code})
	}
	return out
}()

// maybeTime is null for the zero time.
func maybeTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC()
}

func anyTexts(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
