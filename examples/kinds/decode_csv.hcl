# A table of text cells, with a comment and a column that nobody wants.
connector "decode_csv" {
  title  = "decode csv"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path = "/alerts"
    }
    decode "csv" {
      delimiter = ";"
      comment   = "#"
      header    = true
      columns   = ["id", "name", "", "created"]
    }
  }
  record "alert" {
    key     = expr("alert.id")
    samples = "testdata/alerts.csv"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.created")
  }
}
