# A server that says in the body of a 200 what is wrong, and 404 where there is nothing.
connector "on_rules" {
  title  = "rules about answers"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url   = param.url
  retry_wait = "1ms"
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path = "/alerts"
    }
    on {
      status = [200]
      when   = jq(".error == \"busy\"")
      do     = wait
      wait   = jq(".retry_after")
    }
    on {
      status = [404]
      do     = ok
    }
  }
  record "alert" {
    extract = jq(".alerts // [] | .[]")
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
