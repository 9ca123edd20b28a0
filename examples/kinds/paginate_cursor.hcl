# A token for the next page.
connector "paginate_cursor" {
  title  = "paginate cursor"
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
      query = { limit = page.size, cursor = page.cursor }
    }
    paginate "cursor" {
      size = 2
      next = jq(".next")
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
