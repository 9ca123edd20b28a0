# A list that names alerts, and their details one by one.
connector "each_detail" {
  title  = "a request for each record"
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
      key      = expr("alert.id")
      answer   = jq(".detail")
      parallel = 1
      request {
        path = expr("'/alerts/' + url_encode(alert.id)")
      }
      on {
        status = [404]
        do     = skip
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
