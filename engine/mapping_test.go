package engine

// mappingText is a connector with everything that the engine carries out: a
// flow each way, a field kept in step, and indicators.
const mappingText = `
connector "feed" {
  title  = "Feed"
  source = "Feed"
}

param "since" { type = time }
param "until" { type = time }

table "state" {
  ignore_case = true
  rows = {
    "OPEN"    = "ST_OPEN"
    "WORK"    = "ST_WORK"
    "DONE"    = "ST_DONE"
    "DROPPED" = "ST_DONE"
  }
  reverse = { "ST_DONE" = "DONE" }
}

client "api" { base_url = "https://api.example.test/v1" }

flow "push" {
  source "threatq_events" {
    types     = keys(table.state)
    page_size = 2
    window {
      lookback = "1h"
      cursor   = expr("event.touched_at")
    }
  }
  record "event" {
    key = expr("event.id")
    skip "made by hand" {
      when = expr("event.attributes['Item ID'] == nil")
      warn = true
    }
  }
  sink "http" {
    client = client.api
    when   = expr("label(table.state.lookup(event.type), 'ST_') != event.attributes['State']")
    request {
      method  = "POST"
      path    = "/set"
      headers = { "X-Reason" = "sync" }
      json = {
        id     = expr("event.attributes['Item ID']")
        change = { state = expr("table.state.lookup(event.type)"), by = "ThreatQ", notify = [true, expr("event.type")] }
      }
    }
    acknowledge {
      attributes = { "State" = expr("label(table.state.lookup(event.type), 'ST_')") }
    }
  }
}

flow "pull" {
  source "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/list"
      json   = { start = window.start, end = window.end, limit = page.size, offset = page.offset }
    }
    window {
      initial = "2d"
      since   = param.since
      until   = param.until
      order   = "ascending"
      cursor  = expr("item.updated")
    }
    paginate "offset" {
      size  = 2
      total = jq(".total")
    }
  }

  record "item" {
    extract = jq(".items[]")
    key     = expr("item.id")
    skip "muted" { when = expr("item?.muted ?? false") }
  }

  event "item" {
    identity    = "Item ID"
    types       = keys(table.state)
    type        = expr("table.state.reverse(item.state) ?? 'OPEN'")
    title       = expr("'Item ' + string(item.id)")
    happened_at = expr("item.created")
    attributes = {
      "Item ID" = fixed(expr("item.id"))
      "State"   = expr("item.state | label('ST_')")
      "Score"   = expr("item?.score")
      "Format"  = add(expr("item?.formats"))
      "First"   = fixed(expr("item?.first"))
    }
    sync "type" {
      agreed = "State"
      local  = expr("label(table.state.lookup(current.type), 'ST_')")
    }
  }

  indicator "host" {
    for_each   = expr("item?.hosts ?? []")
    type       = expr("len(each) > 20 ? 'Long' : 'FQDN'")
    value      = expr("each")
    status     = "Review"
    attributes = { "Seen In" = add(expr("item.id")) }
    related    = [event.item]
  }
}
`

// recordedAnswer is what the vendor answered once.
const recordedAnswer = `{"total": 2, "items": [
	{"id": "a1", "state": "ST_WORK", "created": "2026-03-01T10:00:00Z", "updated": "2026-03-01T11:00:00Z", "score": 9007199254740993, "hosts": ["a.example", "b.example"]},
	{"id": "a10", "state": "ST_OPEN", "created": "2026-03-01T10:00:00Z", "updated": "2026-03-01T11:05:00Z", "muted": true}
]}`
