# User and password with every request.
connector "auth_basic" {
  title  = "auth basic"
  source = "Example"
}

param "url" {
  type = string
}

param "user" {
  type = string
}

param "password" {
  type      = string
  sensitive = true
}

client "api" {
  base_url = param.url
  auth "basic" {
    username = param.user
    password = param.password
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
