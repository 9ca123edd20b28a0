# A server that tells how many requests are left.
connector "server_limit" {
  title  = "the server's own limit"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
  server_limit {
    remaining = jq("$response.headers[\"x-ratelimit-remaining\"]")
    reset     = jq("$response.headers[\"x-ratelimit-reset\"]")
  }
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path  = "/alerts"
      query = { cursor = page.cursor }
    }
    paginate "cursor" {
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
