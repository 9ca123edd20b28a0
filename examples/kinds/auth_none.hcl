# A server that asks for nothing.
connector "auth_none" {
  title  = "auth none"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
  auth "none" {}
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
