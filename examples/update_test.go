package examples_test

import "flag"

var update = flag.Bool("update", false, "write anew what the tests compare with: transcripts, tables")
