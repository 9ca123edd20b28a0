// Package devo speaks to Devo's lookup tables, and knows nothing else: no mapping, no
// ThreatQ, no state. There are two ways, with the same rows:
//
//   - Collector: lines of syslog over mutual TLS, the way that Devo's own SDK goes. The
//     other side never answers. The strongest evidence of a delivery is that it read up to
//     our end and closed: Send waits for that, and says ErrUnconfirmed where it does not come.
//   - API: CSV files for the Lookups REST API, which does acknowledge. Devo has announced the
//     end of the first way for lookups.
//
// A session replaces a lookup or changes some of its rows. It takes effect as a whole or not at all
// (Collector), and it can be repeated: rows are known by their key, the first column. Which rows
// there are is the caller's business, and so is a key that comes twice in one session, of which
// the last one wins.
package devo
