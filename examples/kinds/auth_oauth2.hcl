# An access token of the server's own /oauth/token.
connector "auth_oauth2" {
  title  = "auth oauth2"
  source = "Example"
}

param "url" {
  type = string
}

param "client_id" {
  type = string
}

param "client_secret" {
  type      = string
  sensitive = true
}

client "api" {
  base_url = param.url
  auth "oauth2" {
    token_url     = "/oauth/token"
    client_id     = param.client_id
    client_secret = param.client_secret
    client_auth   = "body"
    scope         = "alerts.read"
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
