# A session whose token comes and goes as a cookie.
connector "auth_login_cookie" {
  title  = "auth login_cookie"
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
    token_cookie = "SID"
    in           = "cookie"
    name         = "SID"
    request {
      method = "POST"
      path   = "/login"
      form   = { user = param.user, password = param.password }
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
