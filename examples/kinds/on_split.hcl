# A server that refuses to answer for too much at once.
connector "on_split" {
  title  = "a window in halves"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path  = "/alerts"
      query = { from = window.start, to = window.end }
    }
    window {
      initial  = "2h"
      smallest = "30m"
    }
    on {
      status = [413]
      do     = split
    }
  }
  record "alert" {
    extract = jq(".alerts[]")
    key     = expr("alert.id")
    samples = "testdata/alerts.json"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.created")
    attributes  = { "Severity" = expr("alert.severity") }
  }
}
