# Watched names as a lookup table of Devo, by its REST API; over mutual TLS it is the same with address and certificate.
connector "sink_devo" {
  title  = "rows of a lookup"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
}

flow "watched" {
  source "http" {
    client = client.api
    request {
      path = "/names"
    }
  }
  record "entry" {
    extract = jq(".names[]")
    key     = expr("entry.name")
    samples = "testdata/names.json"
  }
  sink "devo" {
    via    = "api"
    client = client.api
    domain = "example"
    lookup = "watched"
    types  = { level = "int4" }
    item = {
      name  = expr("entry.name")
      level = expr("entry.level")
    }
  }
}
