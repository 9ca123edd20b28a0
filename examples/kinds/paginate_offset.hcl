# Offset and limit, with a hit count.
connector "paginate_offset" {
  title  = "paginate offset"
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
      method = "POST"
      path   = "/alerts/search"
      json   = { limit = page.size, offset = page.offset }
    }
    paginate "offset" {
      size  = 2
      total = jq(".total")
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
