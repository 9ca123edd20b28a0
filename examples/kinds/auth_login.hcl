# A session: log in, send its token with every request, log out.
connector "auth_login" {
  title  = "auth login"
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
  auth "login" {
    token  = jq(".session.token")
    header = "X-Session: {token}"
    request {
      method = "POST"
      path   = "/session"
      json   = { user = param.user, password = param.password }
    }
    logout {
      method = "DELETE"
      path   = "/session"
    }
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
