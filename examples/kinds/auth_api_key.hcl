# A key in a header of the server's own.
connector "auth_api_key" {
  title  = "auth api_key"
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
    name   = "X-Api-Key"
    value  = param.key
    format = "Key {token}"
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
