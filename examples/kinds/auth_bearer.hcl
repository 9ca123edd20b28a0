# A token that an administrator made.
connector "auth_bearer" {
  title  = "auth bearer"
  source = "Example"
}

param "url" {
  type = string
}

param "token" {
  type      = string
  sensitive = true
}

client "api" {
  base_url = param.url
  auth "bearer" {
    token = param.token
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
