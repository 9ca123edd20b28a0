# A key among the query parameters.
connector "auth_api_key_query" {
  title  = "auth api_key_query"
  source = "Example"
}

param "url" {
  type = string
}

param "key" {
  type      = string
  sensitive = true
}

client "api" {
  base_url = param.url
  auth "api_key" {
    in    = "query"
    name  = "apikey"
    value = param.key
  }
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
    attributes  = { "Severity" = expr("alert.severity") }
  }
}
