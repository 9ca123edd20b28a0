# A server that does not page deeper than two records: the next window begins at the last one.
connector "paginate_reset" {
  title  = "paging that begins again"
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
      query = { from = window.start, offset = page.offset, limit = page.size }
    }
    window {
      initial = "1d"
      order   = "ascending"
      cursor  = expr("alert.created")
    }
    paginate "offset" {
      size  = 2
      reset = 2
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
