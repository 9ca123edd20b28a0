# An API that takes milliseconds, and the end as part of the window.
connector "window_format" {
  title  = "window in milliseconds"
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
      initial = "1d"
      format  = "epoch_ms"
      closed  = true
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
