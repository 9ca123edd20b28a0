// Package threatq is a local library that speaks the ThreatQ REST API, so that
// connectors can be tried and tested without an instance of the platform.
//
// It keeps its objects in one SQLite file and answers tokens, reference lists,
// lists and details, consume, searches by condition, links, attributes,
// sources, tags, comments, scores and connectors in the platform's own shapes:
// the object form of GET and the search form of /query differ here as they do
// there. It shares no code with the client it tests.
//
// Where public material is silent the library chooses, and always the same way:
//
//   - an object without sources gets the calling account as its source;
//   - an object sent again keeps its name and takes the description, type and
//     times that are given; its status changes only if it is not protected;
//   - an attribute sent again moves its own updated_at and the object's
//     touched_at, never the object's updated_at;
//   - an indicator without a status is Active, or Indirect if it is only named
//     as a relation;
//   - a signature needs a type and a value, and a new object is refused for a
//     member that its kind has no place for;
//   - unknown filters, sort columns and condition operators are refused with
//     400, so that a misspelt one does not silently widen a result.
//
// Beside the platform's routes there is /_sandbox/ for people and scripts:
// GET and DELETE journal, GET counts, GET, POST and DELETE faults, and below
// api/ the platform's own routes without a token.
package threatq
