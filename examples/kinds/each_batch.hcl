# Details of up to 100 alerts at once.
connector "each_batch" {
  title  = "one request for many records"
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
    each "detail" {
      key   = expr("alert.id")
      batch = 100
      match = jq(".id")
      request {
        method = "POST"
        path   = "/details"
        json   = { ids = expr("batch") }
      }
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
    attributes  = { "Host" = expr("alert.detail?.host") }
  }
}
