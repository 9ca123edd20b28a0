# An export: start it, wait for it, fetch its result.
connector "step_job" {
  title  = "a job on the server"
  source = "Example"
}

param "url" {
  type = string
}

param "interval" {
  type = string
}

client "api" {
  base_url = param.url
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path = step.done.file
    }
    step "job" {
      request {
        method = "POST"
        path   = "/exports"
        json   = { kind = "alerts" }
      }
    }
    step "done" {
      request {
        path = "/exports/${step.job.id}"
      }
      until    = jq(".state == \"done\"")
      interval = coalesce(param.interval, "5s")
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
