# Goes on where the greatest cursor of the run before stood, with some overlap.
connector "window_cursor" {
  title  = "window by a cursor"
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
      initial  = "1d"
      lookback = "10m"
      cursor   = expr("alert.created")
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
