# Indicators and what they are related to as objects of STIX, in a collection of a TAXII server.
connector "sink_taxii" {
  title  = "objects in a TAXII collection"
  source = "Example"
}

param "url" {
  type = string
}

param "password" {
  type      = string
  sensitive = true
}

client "server" {
  base_url = param.url
  auth "basic" {
    username = "admin"
    password = param.password
  }
}

flow "objects" {
  source "http" {
    client = client.server
    request {
      path = "/objects"
    }
  }
  record "object" {
    extract = jq(".objects[]")
    key     = expr("object.id")
    samples = "testdata/objects.json"
  }
  sink "taxii" {
    client     = client.server
    collection = "Indicators"
    threatq    = "https://threatq.example.com"
    left       = "expire"
    label      = expr("object.value")
    item = {
      object   = expr("object.kind")
      type     = expr("object.type")
      value    = expr("object.value")
      created  = expr("object.created")
      modified = expr("object.updated")
      tlp      = expr("object.tlp")
      related  = expr("map(object.related, ({object: .kind, type: .type, value: .value, created: .created, modified: .updated}))")
    }
  }
}
