// Package show makes what the verbs of tqmap print: text for people and JSON, SARIF or JUnit for
// programs, of data alone. It reads and writes nothing and knows no flags. What may hold a secret
// is masked by whoever prints it; where that has to be done before a text is cut or quoted, the
// function takes the mask.
package show
