# Alerts into ThreatQ; then the server is told which of them have arrived there.
connector "sink_http" {
  title  = "a request for each event"
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
      path = "/alerts"
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
    attributes  = { "Alert ID" = expr("alert.id"), "Told" = "no" }
  }
}

flow "told" {
  source "threatq_events" {
    types = ["Alert"]
  }
  record "event" {
    key = expr("event.id")
  }
  sink "http" {
    client = client.api
    when   = expr("event.attributes['Told'] != 'yes'")
    request {
      method = "PUT"
      path   = expr("'/alerts/' + url_encode(event.attributes['Alert ID'])")
      json   = { state = "received", title = expr("event.title") }
    }
    acknowledge {
      attributes = { "Told" = "yes" }
    }
  }
}
